import { type Direction, opposite } from '../foundation/direction.ts';
import { initialMaxFrameBytes } from './frame.ts';

/** What the two directions of a connection must know of each other. */
export interface Session {
  nextEpoch(): number;
  /** Highest stream seen to be opened by the client. */
  highestStream(): number;
  /** No higher one can have been opened unseen. */
  highestCertain(): boolean;
  streamOpened(stream: number): void;
  /** Requests may have been missed. */
  streamsMissed(): void;
  /** `direction` announced the largest frame that it accepts. */
  maxFrameAnnounced(direction: Direction, bytes: number): void;
  /** Largest frame ever allowed to be sent in `direction`. */
  maxFrameBytes(direction: Direction): number;
}

export const createSession = (fromStart: boolean): Session => {
  let epochs = 0;
  let highest = 0;
  let certain = fromStart;
  const maxFrame = { request: initialMaxFrameBytes, response: initialMaxFrameBytes };
  return {
    nextEpoch: () => epochs++,
    highestStream: () => highest,
    highestCertain: () => certain,
    streamOpened(stream) {
      if (stream <= highest) return;
      highest = stream;
      certain = true;
    },
    streamsMissed() {
      certain = false;
    },
    maxFrameAnnounced(direction, bytes) {
      const sender = opposite(direction);
      maxFrame[sender] = Math.max(maxFrame[sender], bytes);
    },
    maxFrameBytes: (direction) => maxFrame[direction],
  };
};
