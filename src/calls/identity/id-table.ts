import type { Nanos } from '../../foundation/time.ts';
import { createBoundedMap } from './bounded-map.ts';

export interface IdTableOptions {
  readonly maxEntries: number;
  readonly minPrefix: number;
  readonly removalGrace: Nanos;
  readonly onForgotten: () => void;
}

/** What is known by id, as a bounded map has it. */
export interface IdTable<Entry> {
  get(id: string): Entry | undefined;
  /**
   * By id or by a beginning that only one id has, as `crictl` sends it and the runtime resolves it. What was removed
   * gives way to what was not.
   */
  find(idOrPrefix: string): Found<Entry> | 'ambiguous' | undefined;
  set(id: string, entry: Entry, by?: object): void;
  /** The entry, if it was set last by this: it then counts as set again. */
  getAgain(id: string, by: object): Entry | undefined;
  /** It is gone since then: still found, until `expire` comes later than the grace time. */
  remove(id: string, at: Nanos): void;
  /** Ids that went. */
  expire(now: Nanos): readonly string[];
  values(): IterableIterator<Entry>;
  readonly size: number;
}

export interface Found<Entry> {
  readonly id: string;
  readonly entry: Entry;
}

/** Ids with the same beginning looked at to find the one that was not removed. */
const maxCandidates = 16;

const none: readonly string[] = [];

export const createIdTable = <Entry>(options: IdTableOptions): IdTable<Entry> => {
  const { maxEntries, minPrefix, removalGrace, onForgotten } = options;
  const entries = createBoundedMap<Entry>(maxEntries, (id) => {
    unlist(id);
    onForgotten();
  });
  /** All ids, in order. */
  const sorted: string[] = [];
  /** When each of the removed ids goes, in the order in which they were removed. */
  const due = new Map<string, Nanos>();

  /** Where the id stands, or would stand. */
  const placeOf = (id: string): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] ?? '') < id) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const unlist = (id: string): void => {
    due.delete(id);
    sorted.splice(placeOf(id), 1);
  };

  const drop = (id: string): void => {
    entries.delete(id);
    unlist(id);
  };

  return {
    get: entries.get,
    find(text) {
      const exact = entries.get(text);
      if (exact !== undefined) return { id: text, entry: exact };
      if (text.length < minPrefix) return undefined;
      const from = placeOf(text);
      let live: string | null = null;
      let removed: string | null = null;
      let lives = 0;
      let removals = 0;
      for (let at = from; sorted[at]?.startsWith(text) === true; at++) {
        if (at - from >= maxCandidates) return 'ambiguous';
        const id = sorted[at] ?? '';
        if (due.has(id)) {
          removed = id;
          removals += 1;
        } else {
          live = id;
          lives += 1;
        }
      }
      if (lives > 1 || (lives === 0 && removals > 1)) return 'ambiguous';
      const id = live ?? removed;
      const entry = id === null ? undefined : entries.get(id);
      return id === null || entry === undefined ? undefined : { id, entry };
    },
    set(id, entry, by) {
      if (entries.set(id, entry, by)) sorted.splice(placeOf(id), 0, id);
    },
    getAgain: entries.getAgain,
    remove(id, at) {
      if (entries.get(id) !== undefined && !due.has(id)) due.set(id, at + removalGrace);
    },
    expire(now) {
      if (due.size === 0) return none;
      let gone: string[] | null = null;
      for (const [id, at] of due) {
        if (at > now) break;
        drop(id);
        gone ??= [];
        gone.push(id);
      }
      return gone ?? none;
    },
    values: entries.values,
    get size() {
      return entries.size;
    },
  };
};
