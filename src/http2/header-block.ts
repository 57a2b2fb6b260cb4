import type { Seen } from '../foundation/time.ts';
import { type FrameHeader, flag, frameType } from './frame.ts';
import { type PayloadPlan, skipped } from './frame-decoder.ts';

/** A field block: the fragments of a HEADERS or PUSH_PROMISE frame and its CONTINUATIONs. */
export interface HeaderBlockFrame {
  /** PUSH_PROMISE carries the headers of a request that nobody sent. */
  readonly pushed: boolean;
  readonly stream: number;
  readonly endStream: boolean;
  readonly first: Seen;
}

export interface HeaderBlockHandler {
  /** The block, as far as it was seen: all of it when `whole`, else its beginning. `bytes` is reused. */
  block(
    frame: HeaderBlockFrame,
    bytes: Uint8Array,
    from: number,
    to: number,
    whole: boolean,
    lost: number | null,
  ): void;
  overLimit(): void;
  malformed(): void;
  /** A CONTINUATION of a block whose beginning was not seen. */
  orphan(): void;
}

export interface HeaderBlockAssembler {
  begin(header: FrameHeader, first: Seen): PayloadPlan;
  payload(header: FrameHeader, bytes: Uint8Array, from: number, to: number): void;
  cut(header: FrameHeader, bytes: Uint8Array, got: number, length: number): void;
  /** What comes next is not the CONTINUATION that the open block needs: the peer did not send it, or it was lost. */
  abandon(why: 'malformed' | 'lost'): void;
}

/** What stands between the payload's begin and the fragment (RFC 9113 sections 6.2, 6.6). */
const preambleBytes = ({ type, flags }: FrameHeader): number => {
  if (type === frameType.continuation) return 0;
  const padLength = flags & flag.padded ? 1 : 0;
  if (type === frameType.pushPromise) return padLength + 4;
  return padLength + (flags & flag.priority ? 5 : 0);
};

const padding = ({ type, flags }: FrameHeader, bytes: Uint8Array, from: number): number =>
  type !== frameType.continuation && flags & flag.padded ? (bytes[from] ?? 0) : 0;

export const createHeaderBlockAssembler = (
  limitBytes: number,
  handler: HeaderBlockHandler,
): HeaderBlockAssembler => {
  let open: HeaderBlockFrame | null = null;
  /** False once a part was lost, was malformed or did not fit: nothing after it is read. */
  let intact = true;
  let lost: number | null = 0;
  let fragments = new Uint8Array(0);
  let used = 0;

  const append = (bytes: Uint8Array, from: number, to: number): void => {
    const needed = used + to - from;
    if (needed > fragments.length) {
      const wider = new Uint8Array(Math.min(limitBytes, Math.max(needed, fragments.length * 2, 1024)));
      wider.set(fragments.subarray(0, used));
      fragments = wider;
    }
    fragments.set(bytes.subarray(from, to), used);
    used = needed;
  };

  const close = (frame: HeaderBlockFrame, bytes: Uint8Array, from: number, to: number): void => {
    open = null;
    used = 0;
    handler.block(frame, bytes, from, to, intact, lost);
  };

  /** One frame's fragment, or what of it there is. */
  const fragment = (
    header: FrameHeader,
    bytes: Uint8Array,
    from: number,
    to: number,
    whole: boolean,
  ): void => {
    const block = open;
    if (block === null) return;
    const ended = (header.flags & flag.endHeaders) !== 0;
    const readable = intact;
    if (!whole) intact = false;
    if (ended && used === 0 && readable) {
      close(block, bytes, from, Math.max(from, to));
      return;
    }
    if (readable && to > from) {
      if (used + to - from > limitBytes) {
        intact = false;
        handler.overLimit();
      } else append(bytes, from, to);
    }
    if (ended) close(block, fragments, 0, used);
  };

  return {
    begin(header, first) {
      if (header.type === frameType.continuation) {
        if (open === null || open.stream !== header.stream) {
          handler.orphan();
          return skipped;
        }
      } else {
        open = {
          pushed: header.type === frameType.pushPromise,
          stream: header.stream,
          endStream: header.type === frameType.headers && (header.flags & flag.endStream) !== 0,
          first,
        };
        intact = true;
        lost = 0;
        used = 0;
      }
      if (header.length > limitBytes) {
        handler.overLimit();
        fragment(header, fragments, 0, 0, false);
        return skipped;
      }
      return header.length;
    },
    payload(header, bytes, from, to) {
      const start = from + preambleBytes(header);
      const end = to - padding(header, bytes, from);
      if (start > end) handler.malformed();
      fragment(header, bytes, start, end, start <= end);
    },
    cut(header, bytes, got, length) {
      const start = preambleBytes(header);
      const end = header.length - (got > 0 ? padding(header, bytes, 0) : 0);
      // Lost octets that were padding are no loss.
      const whole = got > 0 && start <= end && got >= end;
      if (!whole && lost !== null) lost += length;
      fragment(header, bytes, start, Math.min(got, end), whole);
    },
    abandon(why) {
      if (open === null) return;
      intact = false;
      if (why === 'lost') lost = null;
      close(open, fragments, 0, used);
    },
  };
};
