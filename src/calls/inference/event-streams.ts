import { type Nanos, nanosPerSecond } from '../../foundation/time.ts';

/** How long, and while how many other calls ended, a stream is watched before it counts as one that does not end. */
const longEnough = 2n * nanosPerSecond;
const otherCalls = 8;
/** Calls under way when the observer came. */
const maxStreams = 64;

/**
 * Finds the streams of container events on a connection that was joined: a reply whose beginning was not seen, and
 * that goes on while other calls come and go. No other method of the CRI does so.
 */
export interface EventStreams {
  /** A reply without a beginning. */
  replies(stream: number): void;
  /** A call ended; of one of these it says that it is over. Returns whether a stream was found by that. */
  ended(stream: number, at: Nanos | null): boolean;
  has(stream: number): boolean;
  /** A reply without a beginning goes on, found to be one of these or not. */
  any(): boolean;
}

export const createEventStreams = (): EventStreams => {
  const open = new Map<number, { first: Nanos | null; others: number; found: boolean }>();
  return {
    replies(stream) {
      if (open.size < maxStreams) open.set(stream, { first: null, others: 0, found: false });
    },
    ended(stream, at) {
      if (open.size === 0) return false;
      const own = open.get(stream);
      if (own !== undefined) {
        if (!own.found || at !== null) open.delete(stream);
        return false;
      }
      let any = false;
      for (const one of open.values()) {
        if (at === null || one.found) continue;
        one.first ??= at;
        one.others += 1;
        one.found = one.others >= otherCalls && at - one.first >= longEnough;
        any ||= one.found;
      }
      return any;
    },
    has: (stream) => open.get(stream)?.found ?? false,
    any: () => open.size > 0,
  };
};
