import type { Direction } from '../foundation/direction.ts';
import { flag, frameType } from './frame.ts';

/** What is asked of one frame type, as flags that it may carry and lengths that it may have. */
interface Shape {
  readonly flags: number;
  readonly stream: 'zero' | 'nonzero' | 'either';
  readonly minLength: number;
  readonly maxLength: number;
}

const any = Number.POSITIVE_INFINITY;

/** RFC 9113 section 6, indexed by type. */
const shapes: readonly Shape[] = [
  { flags: flag.endStream | flag.padded, stream: 'nonzero', minLength: 0, maxLength: any },
  {
    flags: flag.endStream | flag.endHeaders | flag.padded | flag.priority,
    stream: 'nonzero',
    minLength: 1,
    maxLength: any,
  },
  { flags: 0, stream: 'nonzero', minLength: 5, maxLength: 5 },
  { flags: 0, stream: 'nonzero', minLength: 4, maxLength: 4 },
  { flags: flag.ack, stream: 'zero', minLength: 0, maxLength: any },
  { flags: flag.endHeaders | flag.padded, stream: 'nonzero', minLength: 5, maxLength: any },
  { flags: flag.ack, stream: 'zero', minLength: 8, maxLength: 8 },
  { flags: 0, stream: 'zero', minLength: 8, maxLength: any },
  { flags: 0, stream: 'either', minLength: 4, maxLength: 4 },
  { flags: flag.endHeaders, stream: 'nonzero', minLength: 1, maxLength: any },
];

/** What frames before this one say about it. */
export interface FrameContext {
  readonly direction: Direction;
  /** The stream whose CONTINUATION must come next; zero: none. Null: not known. */
  readonly continues: number | null;
  /** Highest stream that the client is known to have opened. */
  readonly highestStream: number;
  /** No higher one can have been opened unseen. */
  readonly highestCertain: boolean;
}

/**
 * Whether octets that may be a frame's header look like one that a CRI peer would send here. Stricter than RFC 9113
 * where that costs nothing: a frame refused here is only found a little later. Streams that the server opens, which
 * gRPC does not know, and empty DATA frames that end nothing are refused.
 */
export const plausibleFrame = (
  length: number,
  type: number,
  flags: number,
  stream: number,
  { direction, continues, highestStream, highestCertain }: FrameContext,
): boolean => {
  const shape = shapes[type];
  if (shape === undefined || length < shape.minLength || length > shape.maxLength) return false;
  if ((flags & ~shape.flags) !== 0) return false;
  if (stream === 0 ? shape.stream === 'nonzero' : shape.stream === 'zero') return false;
  if (stream !== 0 && stream % 2 === 0) return false;
  if (flags & flag.padded && shape.flags & flag.padded && length === 0) return false;
  if (continues !== null && continues !== 0) return type === frameType.continuation && stream === continues;

  switch (type) {
    case frameType.continuation:
      return continues === null;
    case frameType.data:
      return (length > 0 || (flags & flag.endStream) !== 0) && opened();
    case frameType.headers:
      if (direction === 'response') return opened();
      // New streams ascend (RFC 9113 section 5.1.1); on one that is open, only trailers may follow.
      return stream > highestStream || (flags & flag.endStream) !== 0;
    case frameType.settings:
      return flags & flag.ack ? length === 0 : length % 6 === 0;
    case frameType.pushPromise:
      return direction === 'response' && opened();
    case frameType.rstStream:
    case frameType.windowUpdate:
      return opened();
    default:
      return true;
  }

  function opened(): boolean {
    return !highestCertain || stream <= highestStream;
  }
};
