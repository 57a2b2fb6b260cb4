import type { Direction } from '../foundation/direction.ts';
import type { GrpcEvent } from './event.ts';
import type { GrpcCounters, GrpcLimits } from './limits.ts';

/**
 * Where one direction of a stream stands in its length-prefixed messages:
 *
 *     flag (1)  length (4)  payload (length)   flag (1)  length (4) ...
 *     |-- prefix, 5 ------| |-- passed on --|
 *
 * Payload bytes are passed on as they come; only the prefix is put together here.
 */
export interface Framing {
  /** Complete messages and their payload bytes. */
  messages: number;
  bytes: number;
  /** END_STREAM was seen. */
  ended: boolean;
  /** Message boundaries are lost: nothing more of this direction can be told. */
  broken: boolean;
  /** Bytes of the prefix seen, 5 while in a payload. */
  prefix: number;
  flag: number;
  length: number;
  offset: number;
  /** The message in progress is not passed on: too large, or declared broken. */
  muted: boolean;
  /** The message in progress has lost bytes. */
  damaged: boolean;
}

export const createFraming = (broken: boolean): Framing => ({
  messages: 0,
  bytes: 0,
  ended: false,
  broken,
  prefix: 0,
  flag: 0,
  length: 0,
  offset: 0,
  muted: false,
  damaged: false,
});

/** What the functions below need to know of their surroundings. */
export interface FramingContext {
  readonly stream: number;
  readonly direction: Direction;
  readonly limits: GrpcLimits;
  readonly counters: GrpcCounters;
  readonly out: GrpcEvent[];
}

const mute = (framing: Framing, context: FramingContext): void => {
  if (framing.muted) return;
  framing.muted = true;
  context.out.push({ kind: 'message_broken', stream: context.stream, direction: context.direction });
};

/** Nothing more can be told of this direction. */
export const breakFraming = (framing: Framing, context: FramingContext): void => {
  if (framing.broken || framing.ended) return;
  mute(framing, context);
  if (framing.prefix > 0) context.counters.messagesBroken++;
  framing.broken = true;
};

/** No more bytes are to be expected: a message in progress is reported, and stays countable should its rest come late. */
export const interruptFraming = (framing: Framing, context: FramingContext): void => {
  if (!framing.broken && framing.prefix > 0) mute(framing, context);
};

/** END_STREAM. */
export const endFraming = (framing: Framing, context: FramingContext): void => {
  if (!framing.broken && !framing.ended && framing.prefix > 0) {
    mute(framing, context);
    context.counters.messagesBroken++;
  }
  framing.ended = true;
};

const finishMessage = (framing: Framing, context: FramingContext): void => {
  if (framing.damaged) context.counters.messagesBroken++;
  else {
    framing.messages++;
    framing.bytes += framing.length;
    context.counters.messages++;
  }
  framing.prefix = 0;
  framing.muted = false;
  framing.damaged = false;
};

const passOn = (framing: Framing, bytes: Uint8Array, context: FramingContext): void => {
  if (framing.muted) return;
  context.out.push({
    kind: 'message',
    stream: context.stream,
    direction: context.direction,
    compressed: framing.flag === 1,
    length: framing.length,
    offset: framing.offset,
    bytes,
    last: framing.offset + bytes.length === framing.length,
  });
};

const startMessage = (framing: Framing, context: FramingContext): void => {
  framing.offset = 0;
  if (framing.flag > 1) {
    context.counters.prefixesMalformed++;
    breakFraming(framing, context);
  } else if (framing.length > context.limits.messageBytes) {
    context.counters.messagesTooLarge++;
    mute(framing, context);
  } else if (framing.length === 0) {
    passOn(framing, noBytes, context);
    finishMessage(framing, context);
  }
};

const noBytes = new Uint8Array(0);

const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;

/** The next bytes of this direction's DATA. */
export const readFraming = (framing: Framing, bytes: Uint8Array, context: FramingContext): void => {
  let at = 0;
  while (at < bytes.length && !framing.broken) {
    if (framing.prefix === 0 && bytes.length - at >= 5) {
      framing.flag = byteAt(bytes, at);
      framing.length =
        byteAt(bytes, at + 1) * 0x1000000 +
        (byteAt(bytes, at + 2) << 16) +
        (byteAt(bytes, at + 3) << 8) +
        byteAt(bytes, at + 4);
      framing.prefix = 5;
      at += 5;
      startMessage(framing, context);
      continue;
    }
    if (framing.prefix < 5) {
      const byte = byteAt(bytes, at++);
      if (framing.prefix === 0) {
        framing.flag = byte;
        framing.length = 0;
      } else framing.length = framing.length * 256 + byte;
      framing.prefix++;
      if (framing.prefix === 5) startMessage(framing, context);
      continue;
    }
    const length = Math.min(bytes.length - at, framing.length - framing.offset);
    passOn(framing, at === 0 && length === bytes.length ? bytes : bytes.subarray(at, at + length), context);
    framing.offset += length;
    at += length;
    if (framing.offset === framing.length) finishMessage(framing, context);
  }
};

/** `length` bytes of this direction's DATA were not seen. Within a payload the next boundary is still known. */
export const loseFraming = (framing: Framing, length: number, context: FramingContext): void => {
  if (length === 0 || framing.broken) return;
  if (framing.prefix < 5 || length > framing.length - framing.offset) {
    breakFraming(framing, context);
    return;
  }
  mute(framing, context);
  framing.damaged = true;
  framing.offset += length;
  if (framing.offset === framing.length) finishMessage(framing, context);
};
