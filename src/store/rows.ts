import { createNames } from './names.ts';
import { type Row, type RowKind, rowKinds } from './row.ts';

/** Rows in columns, oldest first, in a ring: a fixed number of bytes a row, nothing for the garbage collector. */
export interface Rows {
  /** `line` is a number that rises; the oldest row gives way where there is no room. */
  push(row: Row, line: number): void;
  /** Drops the oldest rows for as long as this holds of their line. */
  dropWhile(gone: (line: number) => boolean): number;
  readonly size: number;
  /** Rows dropped so far: `first + size` is the ordinal that the next row gets. */
  readonly first: number;
  /** By ordinal, from `first` to `first + size - 1`. */
  at(ordinal: number): Row;
  /** Single columns, for scans that look at all rows. */
  kind(ordinal: number): RowKind;
  start(ordinal: number): bigint;
  durationNs(ordinal: number): bigint;
  failed(ordinal: number): boolean;
  line(ordinal: number): number;
  /** Numbers that stand for texts: the same text, the same number, while a row has it. */
  id(column: TextColumn, ordinal: number): number;
  text(column: TextColumn, id: number): string;
  /** Ordinals of the rows of a trace. */
  ofTrace(traceId: string): readonly number[];
}

export type TextColumn = 'method' | 'status' | 'pod' | 'subject' | 'caller';

const textColumns: readonly TextColumn[] = ['method', 'status', 'pod', 'subject', 'caller'];

const high = (hex: string): bigint => BigInt(`0x${hex.slice(0, 16)}`);
const hexOf = (value: bigint): string => value.toString(16).padStart(16, '0');

export const createRows = (capacity: number): Rows => {
  const columns = {
    start: new BigInt64Array(capacity),
    duration: new BigInt64Array(capacity),
    traceHigh: new BigUint64Array(capacity),
    traceLow: new BigUint64Array(capacity),
    span: new BigUint64Array(capacity),
    line: new Float64Array(capacity),
    kind: new Uint8Array(capacity),
    failed: new Uint8Array(capacity),
  };
  const texts = {
    method: { ids: new Uint32Array(capacity), names: createNames() },
    status: { ids: new Uint32Array(capacity), names: createNames() },
    pod: { ids: new Uint32Array(capacity), names: createNames() },
    subject: { ids: new Uint32Array(capacity), names: createNames() },
    caller: { ids: new Uint32Array(capacity), names: createNames() },
  };
  let first = 0;
  let size = 0;

  const dropOldest = (): void => {
    for (const column of textColumns) {
      const { ids, names } = texts[column];
      names.release(ids[first % capacity] ?? 0);
    }
    first += 1;
    size -= 1;
  };
  const numberIn = (column: BigInt64Array | BigUint64Array, ordinal: number): bigint =>
    column[ordinal % capacity] ?? 0n;
  const kind = (ordinal: number): RowKind => rowKinds[columns.kind[ordinal % capacity] ?? 0] ?? 'part';
  const id = (column: TextColumn, ordinal: number): number => texts[column].ids[ordinal % capacity] ?? 0;
  const textAt = (column: TextColumn, ordinal: number): string =>
    texts[column].names.text(id(column, ordinal));
  const line = (ordinal: number): number => columns.line[ordinal % capacity] ?? 0;
  const failed = (ordinal: number): boolean => columns.failed[ordinal % capacity] === 1;

  return {
    push(row, ofLine) {
      if (size === capacity) dropOldest();
      const slot = (first + size) % capacity;
      columns.start[slot] = row.start;
      columns.duration[slot] = row.durationNs;
      columns.traceHigh[slot] = high(row.traceId);
      columns.traceLow[slot] = high(row.traceId.slice(16));
      columns.span[slot] = high(row.spanId);
      columns.line[slot] = ofLine;
      columns.kind[slot] = rowKinds.indexOf(row.kind);
      columns.failed[slot] = row.failed ? 1 : 0;
      for (const column of textColumns) texts[column].ids[slot] = texts[column].names.take(row[column]);
      size += 1;
    },
    dropWhile(gone) {
      const before = first;
      while (size > 0 && gone(line(first))) dropOldest();
      return first - before;
    },
    get size() {
      return size;
    },
    get first() {
      return first;
    },
    at: (ordinal) => ({
      kind: kind(ordinal),
      traceId: `${hexOf(numberIn(columns.traceHigh, ordinal))}${hexOf(numberIn(columns.traceLow, ordinal))}`,
      spanId: hexOf(numberIn(columns.span, ordinal)),
      start: numberIn(columns.start, ordinal),
      durationNs: numberIn(columns.duration, ordinal),
      method: textAt('method', ordinal),
      status: textAt('status', ordinal),
      pod: textAt('pod', ordinal),
      subject: textAt('subject', ordinal),
      caller: textAt('caller', ordinal),
      failed: failed(ordinal),
    }),
    kind,
    start: (ordinal) => numberIn(columns.start, ordinal),
    durationNs: (ordinal) => numberIn(columns.duration, ordinal),
    failed,
    line,
    id,
    text: (column, textId) => texts[column].names.text(textId),
    ofTrace(traceId) {
      const found: number[] = [];
      if (!/^[0-9a-f]{32}$/.test(traceId)) return found;
      const wantedHigh = high(traceId);
      const wantedLow = high(traceId.slice(16));
      for (let ordinal = first; ordinal < first + size; ordinal++) {
        const slot = ordinal % capacity;
        if (columns.traceHigh[slot] === wantedHigh && columns.traceLow[slot] === wantedLow)
          found.push(ordinal);
      }
      return found;
    },
  };
};
