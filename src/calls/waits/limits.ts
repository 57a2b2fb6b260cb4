import { type Nanos, nanosPerMillisecond, nanosPerSecond } from '../../foundation/time.ts';

export interface WaitLimits {
  /** Ended calls remembered that others may have waited for, or that are part of an operation; the oldest gives way. */
  readonly maxCalls: number;
  /** Operations held back; the oldest is told at once. */
  readonly maxHeld: number;
  /** How long after its end an operation is told: by then what the kernel saw of its last call is, and a convoy. */
  readonly settle: Nanos;
  /** A client that takes one pull after the other begins the next so soon; newer kubelets ask for the size between. */
  readonly queueSlack: Nanos;
  /** Two calls ended together if not farther apart. */
  readonly togetherWithin: Nanos;
  /** The one that waited may be read so much before the one that it waited for. */
  readonly togetherSlack: Nanos;
  /** Shorter waits for another call are not told as such. */
  readonly minWait: Nanos;
}

export const defaultWaitLimits: WaitLimits = {
  maxCalls: 2048,
  maxHeld: 1024,
  settle: nanosPerSecond,
  queueSlack: 100n * nanosPerMillisecond,
  togetherWithin: 250n * nanosPerMillisecond,
  togetherSlack: 20n * nanosPerMillisecond,
  minWait: 50n * nanosPerMillisecond,
};

export interface WaitCounters {
  heldNow: number;
  /** Operations told with what their time went to. */
  told: number;
  /** Told before their time, at `maxHeld`. */
  heldDropped: number;
}

export const createWaitCounters = (): WaitCounters => ({
  heldNow: 0,
  told: 0,
  heldDropped: 0,
});
