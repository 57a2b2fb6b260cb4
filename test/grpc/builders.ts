import type { Direction } from '../../src/foundation/direction.ts';
import type { Seen } from '../../src/foundation/time.ts';
import { createGrpcTracker } from '../../src/grpc/calls.ts';
import type { CallEnd, CallHead, GrpcEvent } from '../../src/grpc/event.ts';
import { createGrpcCounters, defaultGrpcLimits, type GrpcLimits } from '../../src/grpc/limits.ts';
import type { HeaderField, HeaderText, Http2Event } from '../../src/http2/event.ts';

export const seenAt = (at: number): Seen => ({ at: BigInt(at), sentAt: null });

export const fields = (...pairs: readonly (readonly [HeaderText, HeaderText])[]): HeaderField[] =>
  pairs.map(([name, value]) => ({ name, value }));

export const requestFields = (path: string, ...more: readonly (readonly [HeaderText, HeaderText])[]) =>
  fields(
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['user-agent', 'grpc-go/1.80.0'],
    ['te', 'trailers'],
    ...more,
  );

export const responseFields = fields([':status', '200'], ['content-type', 'application/grpc']);

export const trailerFields = (status: string, message = '') =>
  fields(['grpc-status', status], ['grpc-message', message]);

export const headers = (
  direction: Direction,
  stream: number,
  list: readonly HeaderField[],
  endStream = false,
  complete = true,
  lost: number | null = 0,
): Extract<Http2Event, { kind: 'headers' }> => ({
  kind: 'headers',
  direction,
  stream,
  fields: list,
  complete,
  lost,
  endStream,
  first: seenAt(0),
});

export const data = (
  direction: Direction,
  stream: number,
  bytes: Uint8Array,
  endStream = false,
): Http2Event => ({ kind: 'data', direction, stream, bytes, endStream });

export const dataLost = (
  direction: Direction,
  stream: number,
  length: number,
  endStream = false,
): Http2Event => ({ kind: 'data_lost', direction, stream, length, endStream });

export const rst = (direction: Direction, stream: number, errorCode: number): Http2Event => ({
  kind: 'rst_stream',
  direction,
  stream,
  errorCode,
  lost: 0,
});

/** Length-prefixed message. */
export const message = (payload: Uint8Array | string, flag = 0): Uint8Array => {
  const bytes = Buffer.from(payload);
  const prefix = Buffer.alloc(5, flag);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
};

export const path = '/runtime.v1.RuntimeService/Version';

/** A unary call as grpc-go makes it. */
export const unary = (stream: number, request: string, response: string, name = path): Http2Event[] => [
  headers('request', stream, requestFields(name)),
  data('request', stream, message(request), true),
  headers('response', stream, responseFields),
  data('response', stream, message(response)),
  headers('response', stream, trailerFields('0'), true),
];

/** The steps of one call on stream 1, apart. */
export const open = headers('request', 1, requestFields(path));
export const ask = data('request', 1, message('ask'), true);
export const begin = headers('response', 1, responseFields);
export const reply = data('response', 1, message('reply'));
export const ok = headers('response', 1, trailerFields('0'), true);
/** Trailers-Only: the answer is a status alone. */
export const refused = headers(
  'response',
  1,
  [...responseFields, ...trailerFields('12', 'unknown service x')],
  true,
);

/** A tracker whose times are the ordinals of the events that it is given, from 1. */
export const watch = (options: { limits?: Partial<GrpcLimits>; joined?: boolean } = {}) => {
  const counters = createGrpcCounters();
  const tracker = createGrpcTracker({
    limits: { ...defaultGrpcLimits, ...options.limits },
    counters,
    joined: options.joined ?? false,
  });
  const out: GrpcEvent[] = [];
  let time = 0;
  const keep = (events: readonly GrpcEvent[]): readonly GrpcEvent[] => {
    for (const event of events)
      out.push(event.kind === 'message' ? { ...event, bytes: event.bytes.slice() } : event);
    return events;
  };
  return {
    counters,
    out,
    feed(...events: readonly Http2Event[]) {
      return events.flatMap((event) => {
        const found: GrpcEvent[] = [];
        tracker.event(event, seenAt(++time), found);
        return keep(found);
      });
    },
    end: (direction: Direction) => keep(tracker.end(direction, seenAt(++time))),
    close: () => keep(tracker.close(seenAt(++time))),
    finish: () => keep(tracker.finish()),
    heads: (): CallHead[] => out.flatMap((event) => (event.kind === 'call_start' ? [event.head] : [])),
    kinds: (stream: number): string[] =>
      out.flatMap((event) => (streamOf(event) === stream ? [event.kind] : [])),
    /** The last word on a call. */
    result(stream: number): CallEnd {
      const last = out.findLast(
        (event) => (event.kind === 'call_end' || event.kind === 'call_revised') && event.stream === stream,
      );
      if (last?.kind === 'call_end' || last?.kind === 'call_revised') return last.result;
      throw new Error(`call ${stream} has no end`);
    },
    /** Complete messages put together from their pieces. */
    messages(stream: number, direction: Direction): string[] {
      const whole: string[] = [];
      let pieces: Uint8Array[] = [];
      for (const event of out) {
        if (event.kind !== 'message' && event.kind !== 'message_broken') continue;
        if (event.stream !== stream || event.direction !== direction) continue;
        if (event.kind === 'message_broken') pieces = [];
        else {
          pieces.push(event.bytes);
          if (event.last) whole.push(Buffer.concat(pieces.splice(0)).toString());
        }
      }
      return whole;
    },
  };
};

export const streamOf = (event: GrpcEvent): number =>
  event.kind === 'call_start' || event.kind === 'call_head' ? event.head.stream : event.stream;
