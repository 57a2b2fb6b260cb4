export interface CaptureLimits {
  /** Bytes of one line; a data event of `n` bytes needs `4/3 n`. A longer line is skipped. */
  readonly maxLineBytes: number;
  /** Connections in one file, open or closed: all are remembered, as `c` is unique in the file. */
  readonly maxConnections: number;
}

export const defaultCaptureLimits: CaptureLimits = {
  maxLineBytes: 128 * 1024 * 1024,
  maxConnections: 1_000_000,
};

/** What a reader met in a capture, and what it left out, by reason. */
export interface CaptureCounters {
  /** Lines after the header, read or not. */
  lines: number;
  events: number;
  /** Not JSON, or a field that the event needs is absent or of the wrong form. */
  badLines: number;
  longLines: number;
  /** `e` is a word that this version does not know. */
  unknownEvents: number;
  beforeOpen: number;
  afterClose: number;
  reusedConnections: number;
  overConnectionLimit: number;
  /** `t` was before that of the line above; the time of the line above was taken. */
  clampedTimes: number;
  /** Bytes that `o` says were read before. */
  duplicateBytes: number;
  /** Bytes that `o` says are missing; each stretch is also a `gap` event. */
  skippedBytes: number;
  /** Further headers, where files were joined into one. */
  extraHeaders: number;
  /** Openings repeated at the head of a later file of the same recording, which was joined to this one. */
  resumedConnections: number;
  /** 1: the file stops in mid-line or in mid-stream, as after a crash. */
  cut: number;
  /** Places where the compressed data could not be read on. */
  corruptions: number;
}

export const createCaptureCounters = (): CaptureCounters => ({
  lines: 0,
  events: 0,
  badLines: 0,
  longLines: 0,
  unknownEvents: 0,
  beforeOpen: 0,
  afterClose: 0,
  reusedConnections: 0,
  overConnectionLimit: 0,
  clampedTimes: 0,
  duplicateBytes: 0,
  skippedBytes: 0,
  extraHeaders: 0,
  resumedConnections: 0,
  cut: 0,
  corruptions: 0,
});
