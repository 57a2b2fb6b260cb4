import fc from 'fast-check';
import type { Direction } from '../../src/foundation/direction.ts';
import type { Seen } from '../../src/foundation/time.ts';
import { createHttp2Observer, type Http2ObserverOptions } from '../../src/http2/connection.ts';
import type { HeaderField, Http2Event } from '../../src/http2/event.ts';

/** What passes on a connection, in the order of observation. */
export type Step =
  | { readonly direction: Direction; readonly bytes: Uint8Array }
  | { readonly direction: Direction; readonly lost: number };

export const seenAt = (at: number): Seen => ({ at: BigInt(at), sentAt: null });

export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

export const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value, 'latin1'));

export const clientPreface = text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export const frame = (
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(0),
): Uint8Array => {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return concat(header, payload);
};

const integer = (value: number, prefixBits: number, pattern: number): number[] => {
  const mask = 2 ** prefixBits - 1;
  if (value < mask) return [pattern | value];
  const octets = [pattern | mask];
  let rest = value - mask;
  while (rest >= 128) {
    octets.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...octets, rest];
};

const string = (value: string): Uint8Array =>
  concat(Uint8Array.from(integer(value.length, 7, 0)), text(value));

/** The plainest encoder: literals without Huffman. `pattern` is 0x40 to insert, 0x00 not to, 0x10 never to. */
export const literal = (name: string, value: string, pattern = 0x40): Uint8Array =>
  concat(Uint8Array.of(pattern), string(name), string(value));

export const indexed = (index: number): Uint8Array => Uint8Array.from(integer(index, 7, 0x80));

export const literalWithName = (index: number, value: string): Uint8Array =>
  concat(Uint8Array.from(integer(index, 6, 0x40)), string(value));

export const sizeUpdate = (size: number): Uint8Array => Uint8Array.from(integer(size, 5, 0x20));

/** Events of a whole transcript; `first` counts the steps, and data are copied. */
export const watch = (steps: readonly Step[], options: Http2ObserverOptions): Http2Event[] => {
  const observer = createHttp2Observer(options);
  return steps.flatMap((step, index) => {
    const events =
      'bytes' in step
        ? observer.bytes(step.direction, step.bytes, seenAt(index))
        : observer.gap(step.direction, step.lost, seenAt(index));
    return events.map((event) =>
      event.kind === 'data' ? { ...event, bytes: Uint8Array.from(event.bytes) } : event,
    );
  });
};

/** Adjacent pieces of a body made one: where a body is cut must not matter. */
export const merged = (events: readonly Http2Event[]): Http2Event[] => {
  const result: Http2Event[] = [];
  let pieces: Uint8Array[] = [];
  for (const event of events) {
    const last = result.at(-1);
    const goesOn =
      event.kind === 'data' &&
      last?.kind === 'data' &&
      !last.endStream &&
      last.direction === event.direction &&
      last.stream === event.stream;
    if (!goesOn && last?.kind === 'data') result[result.length - 1] = { ...last, bytes: concat(...pieces) };
    if (!goesOn) pieces = [];
    if (event.kind === 'data') pieces.push(event.bytes);
    if (goesOn) result[result.length - 1] = event;
    else result.push(event);
  }
  const last = result.at(-1);
  if (last?.kind === 'data') result[result.length - 1] = { ...last, bytes: concat(...pieces) };
  return result;
};

/** What must not depend on the cutting: all but the times, which count the pieces. */
export const normalised = (events: readonly Http2Event[]): Http2Event[] =>
  merged(events).map((event) => (event.kind === 'headers' ? { ...event, first: seenAt(0) } : event));

/** The same octets in other pieces: each step is cut at the given places, counted over the whole transcript. */
export const recut = (steps: readonly Step[], sizes: readonly number[]): Step[] => {
  let turn = 0;
  return steps.flatMap((step): Step[] => {
    if (!('bytes' in step)) return [step];
    const pieces: Step[] = [];
    for (let at = 0; at < step.bytes.length; ) {
      const size = Math.max(1, sizes[turn++ % sizes.length] ?? 1);
      pieces.push({ direction: step.direction, bytes: step.bytes.slice(at, at + size) });
      at += size;
    }
    return pieces;
  });
};

/** A place as a fraction, evenly spread: `fc.double` crowds around zero. */
export const place: fc.Arbitrary<number> = fc.nat(99_999).map((part) => part / 100_000);

export const cutSizes: fc.Arbitrary<number[]> = fc.oneof(
  fc.constant<number[]>([1]),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
  fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 5 }),
);

/** Takes `length` octets from `at` of one direction out of a transcript, and says so in their place. */
export const cutOut = (steps: readonly Step[], direction: Direction, at: number, length: number): Step[] => {
  let position = 0;
  let told = false;
  return steps.flatMap((step): Step[] => {
    if (!('bytes' in step) || step.direction !== direction) return [step];
    const start = position;
    position += step.bytes.length;
    if (position <= at || start >= at + length) return [step];
    const before = step.bytes.slice(0, Math.max(0, at - start));
    const after = step.bytes.slice(Math.min(step.bytes.length, at + length - start));
    const gap: Step[] = told ? [] : [{ direction, lost: length }];
    told = true;
    return [
      ...(before.length > 0 ? [{ direction, bytes: before }] : []),
      ...gap,
      ...(after.length > 0 ? [{ direction, bytes: after }] : []),
    ];
  });
};

export const octetsOf = (steps: readonly Step[], direction: Direction): number =>
  steps.reduce(
    (sum, step) => sum + (step.direction === direction && 'bytes' in step ? step.bytes.length : 0),
    0,
  );

/** `name: value`, with unknown text as `?`. */
export const fieldText = ({ name, value }: HeaderField): string =>
  `${typeof name === 'string' ? name : '?'}: ${typeof value === 'string' ? value : '?'}`;
