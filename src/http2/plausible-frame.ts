import type { Direction } from '../foundation/direction.ts';
import { flag, frameType, settingBytes } from './frame.ts';

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

/**
 * Whether octets that may be a frame's header look like one that a CRI peer would send in `direction`. Stricter than
 * RFC 9113 where that costs nothing: a frame refused here is only found a little later. Streams that the server
 * opens, which gRPC does not know, and empty DATA frames that end nothing are refused.
 */
export const plausibleAlone = (
  direction: Direction,
  length: number,
  type: number,
  flags: number,
  stream: number,
): boolean => {
  const shape = shapes[type];
  if (shape === undefined || length < shape.minLength || length > shape.maxLength) return false;
  if ((flags & ~shape.flags) !== 0) return false;
  if (stream === 0 ? shape.stream === 'nonzero' : shape.stream === 'zero') return false;
  if (stream !== 0 && stream % 2 === 0) return false;
  switch (type) {
    case frameType.data:
      // Empty, it must end the stream, and has no room for a Pad Length.
      return length > 0 || flags === flag.endStream;
    case frameType.settings:
      return flags & flag.ack ? length === 0 : length % settingBytes === 0;
    case frameType.pushPromise:
      return direction === 'response';
    default:
      return true;
  }
};

/** What the frames before say about the next one. */
export interface FrameContext {
  /** The stream whose CONTINUATION must come next; zero: none. Null: not known. */
  readonly continues: number | null;
  /** Highest stream that the client is known to have opened. */
  readonly highestStream: number;
}

/** Whether a frame that is plausible alone is so in its place. `bounded`: no stream above the highest can be open. */
export const plausibleAfter = (
  { continues, highestStream }: FrameContext,
  bounded: boolean,
  direction: Direction,
  type: number,
  flags: number,
  stream: number,
): boolean => {
  if (type === frameType.continuation ? continues !== null && continues !== stream : continues) return false;
  // New streams ascend (RFC 9113 section 5.1.1); on one that is open, only trailers may follow.
  if (direction === 'request' && type === frameType.headers)
    return stream > highestStream || (flags & flag.endStream) !== 0;
  return !bounded || stream <= highestStream || type === frameType.priority;
};
