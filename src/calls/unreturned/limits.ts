import { type Nanos, nanosPerMillisecond, nanosPerSecond } from '../../foundation/time.ts';

/** Bounds of what is remembered of calls that take long, fail to return or are tried again. */
export interface UnreturnedLimits {
  /** Open calls followed at once, all connections together. */
  readonly maxOpenCalls: number;
  /** Calls in flight for longer count as stuck, where their method or request allows no more. */
  readonly stuckAfterNs: Nanos;
  /** The same for methods that fetch or write much: PullImage, CheckpointContainer and their kind. */
  readonly slowMethodStuckAfterNs: Nanos;
  /** Streams report their messages so often at most. */
  readonly streamIntervalNs: Nanos;
  /** Retry chains followed at once, and the tries kept of each: the first and the last ones. */
  readonly maxChains: number;
  readonly maxTries: number;
  /** A chain without a new try for so long is over: a kubelet backs off for five minutes at most. */
  readonly chainIdleNs: Nanos;
  readonly maxEndpoints: number;
  /** A convoy's first call took at least so long, each other one waited at least so long. */
  readonly convoyLeaderNs: Nanos;
  readonly convoyWaitNs: Nanos;
  /** All ended within so much time. */
  readonly convoyWithinNs: Nanos;
  /** The first reply may be written so much after those that it held up. */
  readonly convoySlackNs: Nanos;
  readonly minFollowers: number;
  /** Ended calls of one endpoint kept to count those that were not held up; calls of one burst; followers told. */
  readonly maxRecentCalls: number;
  readonly maxBurstCalls: number;
  readonly maxFollowers: number;
  /** Methods whose largest messages are remembered. */
  readonly maxMessageMethods: number;
  /** Bytes that gRPC peers of the CRI accept in one message, unless a status says otherwise. */
  readonly messageLimitBytes: number;
  /** From this part of the limit on it is told. */
  readonly messageLimitRatio: number;
}

export const defaultUnreturnedLimits: UnreturnedLimits = {
  maxOpenCalls: 16_384,
  stuckAfterNs: 10n * nanosPerSecond,
  slowMethodStuckAfterNs: 120n * nanosPerSecond,
  streamIntervalNs: 60n * nanosPerSecond,
  maxChains: 1024,
  maxTries: 8,
  chainIdleNs: 600n * nanosPerSecond,
  maxEndpoints: 16,
  convoyLeaderNs: 2n * nanosPerSecond,
  convoyWaitNs: nanosPerSecond,
  convoyWithinNs: 500n * nanosPerMillisecond,
  convoySlackNs: 50n * nanosPerMillisecond,
  minFollowers: 3,
  maxRecentCalls: 2048,
  maxBurstCalls: 256,
  maxFollowers: 16,
  maxMessageMethods: 256,
  messageLimitBytes: 16 * 1024 * 1024,
  messageLimitRatio: 0.5,
};

export interface UnreturnedCounters {
  stuckCalls: number;
  streamIntervals: number;
  retryChains: number;
  convoys: number;
  largeMessages: number;
  /** Not followed because too many were open. */
  openCallsOverLimit: number;
  chainsForgotten: number;
  endpointsForgotten: number;
  burstCallsOverLimit: number;
}

export const createUnreturnedCounters = (): UnreturnedCounters => ({
  stuckCalls: 0,
  streamIntervals: 0,
  retryChains: 0,
  convoys: 0,
  largeMessages: 0,
  openCallsOverLimit: 0,
  chainsForgotten: 0,
  endpointsForgotten: 0,
  burstCallsOverLimit: 0,
});
