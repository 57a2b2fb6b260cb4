import type { SourceEvent } from '../../source/event.ts';

/** A stretch of bytes of one held event, still to be decided upon. */
export interface Piece {
  readonly event: HeldEvent;
  /** A view into the held event's bytes: written to in place. */
  readonly bytes: Uint8Array;
}

/**
 * Bytes that are decided upon together: a header block over all its frames, or a gRPC message over all its DATA
 * frames. `overwritten`: given up before it was whole; what still comes of it is overwritten as it comes.
 */
export interface Unit {
  readonly pieces: Piece[];
  length: number;
  overwritten: boolean;
}

/** An event on its way into the file. It may leave when nothing in it is undecided and all before it have left. */
export interface HeldEvent {
  readonly event: SourceEvent;
  /** Units with bytes in this event that are not decided yet, and what they are filled with when given up. */
  readonly undecided: Map<Unit, number>;
  /** Bytes of this event that were overwritten whole, not field by field. */
  overwritten: number;
}
