import { type Nanos, nanosPerSecond } from '../../foundation/time.ts';

export interface PodLimits {
  /** Operations open at once; beyond it the one begun longest ago is told as incomplete. */
  readonly maxOpen: number;
  /** Pods and containers remembered after their operation ended. */
  readonly maxRemembered: number;
  /** Ended calls whose operation is remembered, for their revisions. */
  readonly maxRecent: number;
  /** Calls of one operation. */
  readonly maxPhases: number;
  /** Calls under way that are followed. */
  readonly maxInFlight: number;
  /** After the last container that was made runs, so long without another call: that were all. */
  readonly settle: Nanos;
  /** After a failed try: longer than the kubelet's longest back-off, 5 minutes. */
  readonly retryWait: Nanos;
  /** Without a call under way or ended. */
  readonly startTimeout: Nanos;
  readonly stopTimeout: Nanos;
  /** How soon after StartContainer a command belongs to the start of the container (its postStart hook). */
  readonly hookWait: Nanos;
  /** Shorter times between calls are not told. */
  readonly minGap: Nanos;
}

export const defaultPodLimits: PodLimits = {
  maxOpen: 1024,
  maxRemembered: 4096,
  maxRecent: 1024,
  maxPhases: 128,
  maxInFlight: 4096,
  settle: 30n * nanosPerSecond,
  retryWait: 360n * nanosPerSecond,
  startTimeout: 1800n * nanosPerSecond,
  stopTimeout: 600n * nanosPerSecond,
  hookWait: nanosPerSecond,
  minGap: nanosPerSecond / 1000n,
};

export interface PodCounters {
  openNow: number;
  told: number;
  timedOut: number;
  /** Told as incomplete at `maxOpen`. */
  evicted: number;
  phasesDropped: number;
  /** Calls under way that were not followed. */
  inFlightDropped: number;
}

export const createPodCounters = (): PodCounters => ({
  openNow: 0,
  told: 0,
  timedOut: 0,
  evicted: 0,
  phasesDropped: 0,
  inFlightDropped: 0,
});
