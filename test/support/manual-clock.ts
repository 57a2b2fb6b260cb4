import type { Clock } from '../../src/foundation/clock.ts';

export interface ManualClock extends Clock {
  advance(ns: bigint): void;
}

export const createManualClock = (start = 1_795_476_336_000_000_000n): ManualClock => {
  let now = start;
  return {
    now: () => now,
    monotonic: () => now,
    advance(ns) {
      now += ns;
    },
  };
};
