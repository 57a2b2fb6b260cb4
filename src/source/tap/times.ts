import type { Clock } from '../../foundation/clock.ts';
import type { Nanos, Seen } from '../../foundation/time.ts';

/** Puts the kernel's times, which are CLOCK_MONOTONIC, on the wall clock. */
export interface TapTimes {
  /** Takes the distance of the two clocks as of now: a step of the wall clock moves what is told from here on. */
  look(): void;
  wall(monotonic: Nanos): Nanos;
  /**
   * Several processors write the rings: their order is the rings', and time stands still where theirs differs. With
   * when it was written, at the latest, where that is known.
   */
  seen(monotonic: Nanos, sent?: Nanos | null): Seen;
}

export const createTapTimes = (clock: Clock): TapTimes => {
  let offset: Nanos = 0n;
  let last: Nanos = 0n;
  const wall = (monotonic: Nanos): Nanos => monotonic + offset;
  return {
    look() {
      offset = clock.now() - clock.monotonic();
    },
    wall,
    seen(monotonic, sent = null) {
      const at = wall(monotonic);
      if (at > last) last = at;
      return sent === null ? { at: last, sentAt: null } : { at: last, sentAt: wall(sent), sentBound: true };
    },
  };
};
