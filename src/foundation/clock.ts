import type { Nanos } from './time.ts';

/** The only source of time. Everything that needs "now" is given a Clock, so that replays and tests own theirs. */
export interface Clock {
  /** Wall time that never runs backwards within one clock. */
  now(): Nanos;
  /** CLOCK_MONOTONIC in nanoseconds, of which the kernel's records speak too: for durations and pacing only. */
  monotonic(): Nanos;
}

/** How often the wall clock is looked at again, so that NTP steps and slews are followed. */
const anchorEveryNs = 10_000_000_000n;

const wallNow = (): Nanos => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e3)) * 1000n;

/**
 * Wall time with the resolution of the monotonic clock: an offset between both is taken at start and every ten
 * seconds after. When the wall clock was set back, time stands still until it has caught up.
 */
export const systemClock = (): Clock => {
  const anchor = (): { offset: Nanos; taken: Nanos } => {
    const taken = process.hrtime.bigint();
    return { offset: BigInt(Date.now()) * 1_000_000n - taken, taken };
  };
  let current = { offset: wallNow() - process.hrtime.bigint(), taken: process.hrtime.bigint() };
  let last = 0n;
  return {
    now() {
      const monotonic = process.hrtime.bigint();
      if (monotonic - current.taken > anchorEveryNs) {
        const fresh = anchor();
        const drift = fresh.offset - current.offset;
        // Date.now() has millisecond steps: a smaller difference is its resolution, not drift.
        current =
          drift > 2_000_000n || drift < -2_000_000n ? fresh : { offset: current.offset, taken: monotonic };
      }
      const now = monotonic + current.offset;
      last = now > last ? now : last;
      return last;
    },
    monotonic: () => process.hrtime.bigint(),
  };
};
