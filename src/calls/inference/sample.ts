import type { MessagePiece } from '../../cri/call.ts';
import type { Direction } from '../../foundation/direction.ts';

/** The first message of one direction of a call, or its beginning. */
export interface Sample {
  readonly bytes: Uint8Array;
  /** Bytes are missing at the end. */
  readonly cut: boolean;
  /** Bytes of the whole message. */
  readonly length: number;
}

/** The id that a request begins with: field 1, 64 hexadecimal digits. */
export const requestId = ({ bytes }: Sample): string | null =>
  bytes[0] === 0x0a && bytes[1] === 64 && bytes.length >= 66
    ? Buffer.from(bytes.buffer, bytes.byteOffset + 2, 64).toString('latin1')
    : null;

/** Bytes that may still be held, for all samples of a connection. */
export interface Room {
  bytes: number;
}

/** Copies what is needed of a call's messages to tell its method. */
export interface Sampler {
  message(direction: Direction, piece: MessagePiece): void;
  broken(direction: Direction): void;
  /** Null: no message, or one that cannot be judged (compressed, bytes of it lost at its beginning). */
  sample(direction: Direction): Sample | null;
  /** Lets go of the bytes. */
  release(): void;
  /** A bound left something out that was seen. */
  readonly isShort: () => boolean;
}

interface Side {
  buffer: Buffer;
  filled: number;
  length: number;
  state: 'none' | 'open' | 'done' | 'unreadable';
}

const nothing = Buffer.alloc(0);
const side = (): Side => ({ buffer: nothing, filled: 0, length: 0, state: 'none' });

export const createSampler = (maxBytes: number, room: Room): Sampler => {
  const sides = { request: side(), response: side() };
  let short = false;
  let released = false;

  const keep = (of: Side, bytes: Uint8Array): void => {
    const wanted = Math.min(bytes.length, maxBytes - of.filled);
    if (wanted <= 0) return;
    const needed = of.filled + wanted;
    if (needed > of.buffer.length) {
      // Doubles: a message that only claims to be long does not take the memory.
      const size = Math.min(maxBytes, of.length, Math.max(needed, 2 * of.buffer.length));
      if (size - of.buffer.length > room.bytes) {
        short = true;
        return;
      }
      room.bytes -= size - of.buffer.length;
      const grown = Buffer.allocUnsafe(size);
      of.buffer.copy(grown, 0, 0, of.filled);
      of.buffer = grown;
    }
    of.buffer.set(wanted === bytes.length ? bytes : bytes.subarray(0, wanted), of.filled);
    of.filled = needed;
  };

  return {
    message(direction, piece) {
      const of = sides[direction];
      if (released || of.state === 'done' || of.state === 'unreadable') return;
      if (of.state === 'none') {
        of.state = piece.compressed || piece.offset !== 0 ? 'unreadable' : 'open';
        of.length = piece.length;
        if (of.state === 'unreadable') return;
      }
      if (piece.offset === of.filled) keep(of, piece.bytes);
      if (piece.last) of.state = 'done';
    },
    broken(direction) {
      const of = sides[direction];
      if (of.state === 'none') of.state = 'unreadable';
      else if (of.state === 'open') of.state = 'done';
    },
    sample(direction) {
      const of = sides[direction];
      if (of.state === 'none' || of.state === 'unreadable') return null;
      return { bytes: of.buffer.subarray(0, of.filled), cut: of.filled < of.length, length: of.length };
    },
    release() {
      if (released) return;
      released = true;
      for (const of of [sides.request, sides.response]) {
        room.bytes += of.buffer.length;
        of.buffer = nothing;
        of.filled = 0;
        of.state = 'unreadable';
      }
    },
    isShort: () => short,
  };
};
