import type { HoldLimits } from './held-events.ts';

export interface RedactLimits extends HoldLimits {
  /** A longer message is overwritten whole. */
  readonly maxMessageBytes: number;
  /** A longer header block is overwritten whole. */
  readonly maxBlockBytes: number;
  /** Streams of one connection whose method is remembered; what is said on others is overwritten. */
  readonly maxStreams: number;
  readonly maxConnections: number;
}

export const defaultRedactLimits: RedactLimits = {
  maxHeldBytes: 96 * 1024 * 1024,
  maxHeldNs: 5_000_000_000n,
  maxMessageBytes: 32 * 1024 * 1024,
  maxBlockBytes: 64 * 1024,
  maxStreams: 1024,
  maxConnections: 4096,
};

export interface RedactCounters {
  /** Messages whose fields were treated one by one. */
  messagesRedacted: number;
  /** Messages overwritten whole: compressed, of an unknown method, broken, too long or never finished. */
  messagesOverwritten: number;
  blocksRedacted: number;
  blocksOverwritten: number;
  /** Units that a bound of the hold decided. */
  gaveUp: number;
  /** Directions overwritten to their end: not HTTP/2, joined late, or a frame boundary was lost. */
  directionsOverwritten: number;
}

export const createRedactCounters = (): RedactCounters => ({
  messagesRedacted: 0,
  messagesOverwritten: 0,
  blocksRedacted: 0,
  blocksOverwritten: 0,
  gaveUp: 0,
  directionsOverwritten: 0,
});
