export interface StoreLimits {
  /** Calls, operations, negotiations and symptoms in the index; beyond it the oldest are forgotten. */
  readonly rows: number;
  /** Bytes of files read when a store is opened; what is older stays on disk and is not indexed. */
  readonly rebuildBytes: number;
  /** A line longer than this is passed over. */
  readonly lineBytes: number;
  /** Of these the whole span is held, for they are few and asked for often; the oldest is forgotten. */
  readonly operations: number;
  readonly negotiations: number;
  readonly symptoms: number;
  /** Lines read, and spans shown, of one trace. */
  readonly traceLines: number;
  readonly traceSpans: number;
}

const mebibyte = 1024 ** 2;

/** 66 bytes a row: 13 MB of an index that is full, an hour and a half at 34 calls a second. */
export const defaultStoreLimits: StoreLimits = {
  rows: 200_000,
  rebuildBytes: 64 * mebibyte,
  lineBytes: 16 * mebibyte,
  operations: 1_000,
  negotiations: 500,
  symptoms: 1_000,
  traceLines: 256,
  traceSpans: 10_000,
};

export interface StoreCounters {
  lines: number;
  spans: number;
  rowsEvicted: number;
  /** Lines that are not OTLP/JSON: cut by a crash in the middle of a file, or of another making. */
  damagedLines: number;
  oversizeLines: number;
  /** Bytes that lay before the bound of the rebuilding. */
  bytesNotIndexed: number;
  /** Files that became shorter than what was read of them, and were read anew. */
  filesCut: number;
  filesGone: number;
  /** Files that could not be read. */
  fileErrors: number;
}

export const createStoreCounters = (): StoreCounters => ({
  lines: 0,
  spans: 0,
  rowsEvicted: 0,
  damagedLines: 0,
  oversizeLines: 0,
  bytesNotIndexed: 0,
  filesCut: 0,
  filesGone: 0,
  fileErrors: 0,
});
