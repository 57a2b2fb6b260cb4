import { flag, frameHeaderBytes, frameType, uint24At, uint32At } from '../../http2/frame.ts';

/** Where bytes of a frame's payload belong. */
export type PayloadPart =
  /** Application data of a DATA frame, padding excluded. */
  | { readonly kind: 'data'; readonly stream: number; readonly bytes: Uint8Array }
  /** A piece of a header block. */
  | { readonly kind: 'block'; readonly bytes: Uint8Array }
  /** Padding or opaque payload: nothing that a call needs. */
  | { readonly kind: 'opaque'; readonly bytes: Uint8Array }
  /** Payload of a frame whose type is not known here, which a lost boundary looks like too. */
  | { readonly kind: 'unknown'; readonly bytes: Uint8Array };

/** `block_end`: END_HEADERS; `frame_end` closes each DATA and HEADERS frame. */
export type FrameMark =
  | { readonly kind: 'block_start'; readonly stream: number }
  | { readonly kind: 'block_end'; readonly stream: number }
  | { readonly kind: 'stream_end'; readonly stream: number }
  | { readonly kind: 'not_http2' };

export type Walked = PayloadPart | FrameMark;

/** Splits one direction's bytes into parts, as views; bytes of no part (frame headers, settings, windows) may stay as they are. */
export interface FrameWalker {
  bytes(chunk: Uint8Array, visit: (walked: Walked) => void): void;
  /** `length` bytes were not seen. `beyond`: the frame boundary is lost with them; else what they were part of. */
  gap(length: number): GapPlace;
  /** After a gap inside a frame: marks that fall due because it was the frame's last bytes. */
  afterGap(visit: (walked: Walked) => void): void;
}

export type GapPlace =
  | { readonly inside: 'data'; readonly stream: number }
  | { readonly inside: 'block' | 'other' | 'beyond' };

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Of sixteen settings, more than any peer sends. */
const maxSettingsOctets = 16 * 6;

/** RFC 9113 section 6: with another length or stream it is an error, and what seems a frame may be anything. */
const isPossible = (type: number, stream: number, length: number): boolean => {
  switch (type) {
    case frameType.data:
    case frameType.headers:
    case frameType.pushPromise:
    case frameType.continuation:
      return stream !== 0;
    case frameType.settings:
      return stream === 0 && length % 6 === 0 && length <= maxSettingsOctets;
    case frameType.ping:
      return stream === 0 && length === 8;
    case frameType.goaway:
      return stream === 0 && length >= 8;
    case frameType.rstStream:
      return stream !== 0 && length === 4;
    case frameType.priority:
      return stream !== 0 && length === 5;
    case frameType.windowUpdate:
      return length === 4;
    default:
      return true;
  }
};

/** Octets at the head of a payload that are neither opaque nor text, by type: kept. GOAWAY's are its stream and code. */
const keptOctets = (type: number, flags: number): number => {
  switch (type) {
    case frameType.headers:
      return flags & flag.priority ? 5 : 0;
    case frameType.pushPromise:
      return 4;
    case frameType.goaway:
      return 8;
    case frameType.settings:
    case frameType.windowUpdate:
    case frameType.rstStream:
    case frameType.priority:
      return Number.POSITIVE_INFINITY;
    default:
      return 0;
  }
};

const isPadded = (type: number, flags: number): boolean =>
  (flags & flag.padded) !== 0 &&
  (type === frameType.data || type === frameType.headers || type === frameType.pushPromise);

const isBlock = (type: number): boolean =>
  type === frameType.headers || type === frameType.pushPromise || type === frameType.continuation;

export const createFrameWalker = (expectPreface: boolean): FrameWalker => {
  const header = Buffer.alloc(frameHeaderBytes);
  let headerSeen = 0;
  let prefaceSeen = expectPreface ? 0 : preface.length;
  let firstFrame = true;
  let notHttp2 = false;
  // The frame in progress.
  let type = 0;
  let flags = 0;
  let stream = 0;
  let left = 0;
  let kept = 0;
  let padding = -1;

  const mark = (kind: 'block_start' | 'block_end' | 'stream_end', visit: (walked: Walked) => void) =>
    visit({ kind, stream });

  const beginFrame = (visit: (walked: Walked) => void): void => {
    left = uint24At(header, 0);
    type = header[3] ?? 0;
    flags = header[4] ?? 0;
    stream = uint32At(header, 5) & 0x7fffffff;
    kept = keptOctets(type, flags);
    padding = isPadded(type, flags) ? -1 : 0;
    if ((firstFrame && type !== frameType.settings) || !isPossible(type, stream, left)) {
      notHttp2 = true;
      visit({ kind: 'not_http2' });
      return;
    }
    firstFrame = false;
    if (type === frameType.headers || type === frameType.pushPromise) mark('block_start', visit);
    if (left === 0) endFrame(visit);
  };

  const endFrame = (visit: (walked: Walked) => void): void => {
    headerSeen = 0;
    if (isBlock(type) && flags & flag.endHeaders) mark('block_end', visit);
    if ((type === frameType.data || type === frameType.headers) && flags & flag.endStream)
      mark('stream_end', visit);
  };

  const part = (bytes: Uint8Array, visit: (walked: Walked) => void): void => {
    switch (type) {
      case frameType.data:
        visit({ kind: 'data', stream, bytes });
        return;
      case frameType.headers:
      case frameType.continuation:
      case frameType.pushPromise:
        visit({ kind: 'block', bytes });
        return;
      case frameType.ping:
      case frameType.goaway:
        visit({ kind: 'opaque', bytes });
        return;
      default:
        visit({ kind: 'unknown', bytes });
    }
  };

  /** Consumes payload from `at`; returns where it stopped. */
  const payload = (chunk: Uint8Array, at: number, visit: (walked: Walked) => void): number => {
    if (padding < 0) {
      padding = chunk[at] ?? 0;
      left -= 1;
      // RFC 9113 section 6.1: padding as long as the payload is an error; none of it is anybody's data.
      padding = Math.min(padding, left);
      if (left === 0) endFrame(visit);
      return at + 1;
    }
    const available = Math.min(chunk.length - at, left);
    const keeping = Math.min(kept, available, Math.max(0, left - padding));
    const content = Math.max(0, Math.min(available - keeping, left - keeping - padding));
    const rest = available - keeping - content;
    kept -= keeping;
    if (content > 0) part(chunk.subarray(at + keeping, at + keeping + content), visit);
    if (rest > 0) visit({ kind: 'opaque', bytes: chunk.subarray(at + keeping + content, at + available) });
    left -= available;
    if (left === 0) endFrame(visit);
    return at + available;
  };

  return {
    bytes(chunk, visit) {
      let at = 0;
      while (at < chunk.length && !notHttp2) {
        if (prefaceSeen < preface.length) {
          if (chunk[at++] === preface[prefaceSeen]) prefaceSeen += 1;
          else {
            notHttp2 = true;
            visit({ kind: 'not_http2' });
          }
        } else if (headerSeen < frameHeaderBytes) {
          header[headerSeen++] = chunk[at++] ?? 0;
          if (headerSeen === frameHeaderBytes) beginFrame(visit);
        } else at = payload(chunk, at, visit);
      }
      if (notHttp2) visit({ kind: 'opaque', bytes: chunk });
    },
    gap(length) {
      if (notHttp2) return { inside: 'other' };
      if (prefaceSeen < preface.length || headerSeen < frameHeaderBytes || padding < 0 || length > left)
        return { inside: 'beyond' };
      kept = Math.max(0, kept - length);
      left -= length;
      if (type === frameType.data) return { inside: 'data', stream };
      return { inside: isBlock(type) ? 'block' : 'other' };
    },
    afterGap(visit) {
      if (headerSeen === frameHeaderBytes && left === 0) endFrame(visit);
    },
  };
};
