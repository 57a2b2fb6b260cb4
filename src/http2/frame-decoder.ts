import type { Seen } from '../foundation/time.ts';
import { type FrameHeader, frameHeaderBytes, streamAt, uint24At } from './frame.ts';

/** How a frame's payload is wanted. Zero or more: that many of its first octets in one piece, the rest skipped. */
export type PayloadPlan = number;
/** The payload is passed on in pieces, as it comes. */
export const flowing: PayloadPlan = -1;
export const skipped: PayloadPlan = -2;
/** What was wanted of it is not all there. */
const ruined: PayloadPlan = -3;

export interface FrameHandler {
  /** A frame's header was read. `first` is when its first octet was seen. The header object is reused. */
  frame(header: FrameHeader, first: Seen): PayloadPlan;
  /** What was asked for of the payload. `bytes` is reused. */
  payload(header: FrameHeader, bytes: Uint8Array, from: number, to: number): void;
  /** A piece of a flowing payload: a view into the input. Comes once, empty, for a frame without payload. */
  piece(header: FrameHeader, bytes: Uint8Array, from: number, to: number): void;
  /** `length` octets of a flowing payload were lost. Returns how many of them it could account for. */
  pieceLost(header: FrameHeader, length: number): number;
  /**
   * Of the payload asked for `lost` octets were not seen, the first behind `bytes[0..got)`, which is all that can be
   * used of it. Comes at the frame's end.
   */
  cut(header: FrameHeader, bytes: Uint8Array, got: number, lost: number): void;
}

export interface FrameDecoder {
  bytes(bytes: Uint8Array, from: number, to: number, seen: Seen): void;
  /**
   * `length` octets were not seen. Null: they lie within the current frame, whose length says where the next one
   * begins. Otherwise the boundary is lost, and the decoder stands before a frame; the number is how many octets, of
   * the missing and of a header begun, nothing accounts for.
   */
  gap(length: number): number | null;
}

/**
 * Cuts one direction into frames (RFC 9113 section 4.1), resumable at any octet. Only headers and payloads that are
 * wanted whole are ever copied, and only when they come in pieces.
 */
export const createFrameDecoder = (handler: FrameHandler): FrameDecoder => {
  const header = { length: 0, type: 0, flags: 0, stream: 0 };
  const head = new Uint8Array(frameHeaderBytes);
  let headGot = 0;
  let headFirst: Seen | null = null;
  let plan: PayloadPlan = skipped;
  /** Payload octets of the current frame still to come; zero between frames. */
  let remaining = 0;
  let gathered = 0;
  /** Octets of a wanted payload that were not seen. */
  let missing = 0;
  let gathering = noBytes;

  const begin = (bytes: Uint8Array, at: number, first: Seen): void => {
    header.length = uint24At(bytes, at);
    header.type = bytes[at + 3] ?? 0;
    header.flags = bytes[at + 4] ?? 0;
    header.stream = streamAt(bytes, at + 5);
    remaining = header.length;
    gathered = 0;
    missing = 0;
    plan = handler.frame(header, first);
    if (plan === 0) {
      handler.payload(header, bytes, at, at);
      plan = skipped;
    } else if (plan === flowing && remaining === 0) handler.piece(header, bytes, at, at);
  };

  /** Returns where the payload's octets in this input end. */
  const proceed = (bytes: Uint8Array, from: number, to: number): number => {
    const until = Math.min(to, from + remaining);
    remaining -= until - from;
    if (plan === flowing) handler.piece(header, bytes, from, until);
    else if (plan > 0) {
      if (gathered === 0 && until - from >= plan) {
        handler.payload(header, bytes, from, from + plan);
        plan = skipped;
      } else gather(bytes, from, Math.min(until, from + plan - gathered));
    } else if (plan === ruined) endRuined();
    return until;
  };

  const gather = (bytes: Uint8Array, from: number, to: number): void => {
    const needed = gathered + to - from;
    if (needed > gathering.length) {
      // Grows with what came, not with what a header promised.
      const wider = new Uint8Array(Math.min(plan, Math.max(needed, gathering.length * 2)));
      wider.set(gathering.subarray(0, gathered));
      gathering = wider;
    }
    for (let at = from; at < to; at++) gathering[gathered++] = bytes[at] ?? 0;
    if (gathered === plan) {
      handler.payload(header, gathering, 0, gathered);
      plan = skipped;
    }
  };

  const endRuined = (): void => {
    if (remaining > 0) return;
    handler.cut(header, gathering, gathered, missing);
    plan = skipped;
  };

  const lose = (length: number): number => {
    remaining -= length;
    if (plan === flowing) return handler.pieceLost(header, length);
    if (plan > 0 || plan === ruined) {
      plan = ruined;
      missing += length;
      endRuined();
    }
    return 0;
  };

  return {
    bytes(bytes, from, to, seen) {
      let at = from;
      while (at < to) {
        if (remaining > 0) at = proceed(bytes, at, to);
        else if (headGot === 0 && to - at >= frameHeaderBytes) {
          at += frameHeaderBytes;
          begin(bytes, at - frameHeaderBytes, seen);
        } else {
          if (headGot === 0) headFirst = seen;
          while (headGot < frameHeaderBytes && at < to) head[headGot++] = bytes[at++] ?? 0;
          if (headGot === frameHeaderBytes) {
            headGot = 0;
            begin(head, 0, headFirst ?? seen);
          }
        }
      }
    },
    gap(length) {
      if (remaining >= length) {
        lose(length);
        return null;
      }
      const accounted = remaining > 0 ? lose(remaining) : 0;
      const unaccounted = length - accounted + headGot;
      headGot = 0;
      return unaccounted;
    },
  };
};

const noBytes = new Uint8Array(0);
