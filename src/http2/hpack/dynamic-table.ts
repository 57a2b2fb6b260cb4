import type { HeaderField } from '../event.ts';

/** SETTINGS_HEADER_TABLE_SIZE before anyone changes it (RFC 9113 section 6.5.2). */
export const initialTableBytes = 4096;

/** RFC 7541 section 4.1. */
export const entryOverhead = 32;

/**
 * The dynamic table of one direction, or the part of it that was seen. Entries are numbered in the order of their
 * insertion, from 0 in each epoch; those from before it have negative numbers. So a number names its entry for as
 * long as the epoch lasts, however many insertions follow, while the index moves with each.
 *
 *     index    1         2         3      | 4 ...
 *     number   n-1       n-2       n-3    | n-4 ...
 *              newest              oldest | evicted, or from before: not held
 *
 * The decoder may hold entries that the encoder has evicted, never the other way round without `exact` being false:
 * an encoder does not refer to what it evicted, and indexes count from the newest entry.
 */
export interface DynamicTable {
  /** 1-based, as on the wire less the static table. Null: not held. */
  find(index: number): HeaderField | null;
  numberOf(index: number): number;
  /** An entry larger than the table empties it (RFC 7541 section 4.4); it is numbered all the same. */
  insert(field: HeaderField, size: number): void;
  /** An insertion of which only the fact is known. */
  insertUnknown(): void;
  /** A size update by the encoder. */
  resize(bytes: number): void;
  /** Insertions or size updates may have been missed: nothing that was held can be told by its index any more. */
  restart(): void;
  /** Whether all that the encoder may refer to is held. */
  exact(): boolean;
}

/** `onEviction` is told of each entry that goes although the encoder may still have it. */
export const createDynamicTable = (
  limitBytes: number,
  exactFromStart: boolean,
  onEviction: () => void,
): DynamicTable => {
  let exact = exactFromStart;
  // Where the encoder's size is not known, as much is held as the limit allows.
  let encoderBytes = exactFromStart ? initialTableBytes : Number.POSITIVE_INFINITY;
  let insertions = 0;
  let held = 0;
  let usedBytes = 0;
  // A ring: entry n is at n modulo its length, a power of two.
  let entries: (HeaderField | undefined)[] = new Array(16);
  let sizes: number[] = new Array(16).fill(0);

  const grow = (): void => {
    const length = entries.length * 2;
    const wider: (HeaderField | undefined)[] = new Array(length);
    const widerSizes: number[] = new Array(length).fill(0);
    for (let number = insertions - held; number < insertions; number++) {
      wider[number & (length - 1)] = entries[number & (entries.length - 1)];
      widerSizes[number & (length - 1)] = sizes[number & (entries.length - 1)] ?? 0;
    }
    entries = wider;
    sizes = widerSizes;
  };

  const evictOldest = (): void => {
    const slot = (insertions - held) & (entries.length - 1);
    if (usedBytes <= encoderBytes) {
      onEviction();
      exact = false;
    }
    usedBytes -= sizes[slot] ?? 0;
    entries[slot] = undefined;
    held -= 1;
  };

  const clear = (): void => {
    entries = new Array(16);
    sizes = new Array(16).fill(0);
    held = 0;
    usedBytes = 0;
  };

  return {
    find: (index) => (index <= held ? (entries[(insertions - index) & (entries.length - 1)] ?? null) : null),
    numberOf: (index) => insertions - index,
    insert(field, size) {
      usedBytes += size;
      while (held > 0 && (usedBytes > encoderBytes || usedBytes > limitBytes)) evictOldest();
      if (usedBytes > encoderBytes || usedBytes > limitBytes) {
        if (usedBytes <= encoderBytes) {
          onEviction();
          exact = false;
        }
        clear();
        insertions += 1;
        return;
      }
      if (held === entries.length) grow();
      entries[insertions & (entries.length - 1)] = field;
      sizes[insertions & (entries.length - 1)] = size;
      insertions += 1;
      held += 1;
    },
    insertUnknown() {
      clear();
      insertions += 1;
      exact = false;
    },
    resize(bytes) {
      encoderBytes = bytes;
      while (held > 0 && usedBytes > encoderBytes) evictOldest();
      // Nothing fits in less than an entry's overhead: whatever was there and not seen is gone.
      if (bytes < entryOverhead) exact = true;
    },
    restart() {
      clear();
      insertions = 0;
      exact = false;
      encoderBytes = Number.POSITIVE_INFINITY;
    },
    exact: () => exact,
  };
};
