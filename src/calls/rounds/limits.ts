import { type Nanos, nanosPerMillisecond } from '../../foundation/time.ts';

export interface RoundLimits {
  /** Processes whose rounds are followed; the one that was heard of longest ago is forgotten first. */
  readonly maxProcesses: number;
  /** Connections whose process is known without looking at who it is again. */
  readonly maxConnections: number;
  /** Rounds of one process open at once; beyond it the oldest is told as it stands. */
  readonly maxOpen: number;
  /** Calls of one process in flight that are waited for. */
  readonly maxInFlight: number;
  /** Ended calls whose round is remembered, for their revisions. */
  readonly maxRecent: number;
  readonly maxTraceparents: number;
  /** A loop makes its next call within so much after the end of the one before: its own work is short. */
  readonly linkWithin: Nanos;
  /** A round is over when nothing came for so long: twice `linkWithin`, since a call is known a little after its first byte. */
  readonly settle: Nanos;
  /** A kubelet rests so long between relists; a list of all sandboxes that comes earlier is another loop's. */
  readonly relistRest: Nanos;
}

export const defaultRoundLimits: RoundLimits = {
  maxProcesses: 256,
  maxConnections: 4096,
  maxOpen: 64,
  maxInFlight: 1024,
  maxRecent: 1024,
  maxTraceparents: 8,
  linkWithin: 200n * nanosPerMillisecond,
  settle: 400n * nanosPerMillisecond,
  relistRest: 900n * nanosPerMillisecond,
};

export interface RoundCounters {
  openNow: number;
  told: number;
  /** Told before their end at `maxOpen`. */
  evicted: number;
  processesForgotten: number;
  inFlightDropped: number;
}

export const createRoundCounters = (): RoundCounters => ({
  openNow: 0,
  told: 0,
  evicted: 0,
  processesForgotten: 0,
  inFlightDropped: 0,
});
