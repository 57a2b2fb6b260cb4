export interface SpanLimits {
  /** Processes whose resource is kept for sharing; beyond it the one not used for longest goes. */
  readonly processes: number;
}

export const defaultSpanLimits: SpanLimits = { processes: 1024 };

export interface SpanCounters {
  spans: number;
  /** Calls that gave no span: in flight with no end of the input, or without any known time. */
  callsWithoutTimes: number;
  /** SERVER spans whose times had to be moved into their parent. */
  clamped: number;
  /** `traceparent` headers that were there and could not be used. */
  badTraceparents: number;
  /** Resources dropped from the book at its bound; a later span of that process gets an equal one. */
  resourcesEvicted: number;
}

export const createSpanCounters = (): SpanCounters => ({
  spans: 0,
  callsWithoutTimes: 0,
  clamped: 0,
  badTraceparents: 0,
  resourcesEvicted: 0,
});
