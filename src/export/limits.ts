import { type BackoffLimits, defaultBackoff } from './retry.ts';

export interface SpoolLimits {
  /** Spans of one request. */
  readonly requestSpans: number;
  /** Estimated bytes of one request; collectors take 4 MiB unless told otherwise. */
  readonly requestBytes: number;
  /** How long a span waits for others to share its request. */
  readonly delayMs: number;
  /** Spans held in memory; beyond it the oldest that are not on disk are dropped. */
  readonly memorySpans: number;
  /** How long a span may be in memory only: what a kill can cost. More than `delayMs`: who is delivered is not written. */
  readonly journalMs: number;
  /** After a failed write (a full disk) the journal is left alone for so long; what comes meanwhile is in memory only. */
  readonly journalRestMs: number;
  /** Bytes of all segment files; beyond it the oldest segment is dropped. 0: memory only. */
  readonly diskBytes: number;
  /** A segment is closed at this size, synchronised with the disk, and another begun. */
  readonly segmentBytes: number;
  /** How long `close` tries to deliver. */
  readonly closeMs: number;
  readonly backoff: BackoffLimits;
}

/** 256 MiB hold 38 minutes at 68 spans/s (the calls of 300 containers), each 1.7 kB as OTLP/JSON. */
export const defaultSpoolLimits: SpoolLimits = {
  requestSpans: 512,
  requestBytes: 2 * 1024 * 1024,
  delayMs: 500,
  memorySpans: 16_384,
  journalMs: 800,
  journalRestMs: 5_000,
  diskBytes: 256 * 1024 * 1024,
  segmentBytes: 4 * 1024 * 1024,
  closeMs: 5_000,
  backoff: defaultBackoff,
};
