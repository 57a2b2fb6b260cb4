import type { Nanos } from '../../foundation/time.ts';

/** A write that has returned, by the place of its bytes in their direction. */
interface Write {
  readonly from: bigint;
  readonly to: bigint;
  readonly returnedAt: Nanos;
}

/** When the bytes of one direction were written: not later than their write returned, and not later than they were read. */
export interface Writes {
  returned(from: bigint, length: number, at: Nanos): void;
  /** Of the byte at `offset`, which was read at `readAt`. Null: writes are not followed. Asked in the order of bytes. */
  of(offset: bigint, readAt: Nanos): Nanos | null;
}

/**
 * `followed`: every write since the first byte is told. Otherwise they are from the first one that is: those of a
 * connection that is older than the observer can be counted only once all that was written has been read.
 */
export const createWrites = (followed: boolean, maxWaiting: number, onDropped: () => void): Writes => {
  /** Returned, with bytes that are not read yet; in the order of bytes. */
  let waiting: Write[] = [];
  let follows = followed;
  return {
    returned(from, length, at) {
      follows = true;
      waiting.push({ from, to: from + BigInt(length), returnedAt: at });
      if (waiting.length <= maxWaiting) return;
      waiting.shift();
      onDropped();
    },
    of(offset, readAt) {
      if (!follows) return null;
      const next = waiting.findIndex(({ to }) => to > offset);
      if (next !== 0) waiting = next < 0 ? [] : waiting.slice(next);
      const [write] = waiting;
      // A write that returns after its first byte was read has not been told yet.
      return write !== undefined && write.from <= offset && write.returnedAt < readAt
        ? write.returnedAt
        : readAt;
    },
  };
};
