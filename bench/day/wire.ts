import type { Nanos } from '../../src/foundation/time.ts';
import type { Peer, SourceEvent } from '../../src/source/event.ts';

/** RFC 9113: what a client says first, and an empty SETTINGS frame of either side. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const types = { data: 0, headers: 1, settings: 4 } as const;
const endStream = 1;
const endHeaders = 4;
const maxFrameBytes = 16_384;

const frame = (type: number, flags: number, stream: number, payload: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, 9);
  return bytes;
};

const text = (value: string): Buffer => {
  // RFC 7541 section 5.1: longer ones need a second byte, and none is.
  if (value.length > 126) throw new RangeError(`${value.length} bytes of header text`);
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
};

/** Literals without indexing: the table stays empty, and each block says all. */
const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0]), text(name), text(value)]);
const fields = (...pairs: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat(pairs.map(([name, value]) => literal(name, value)));

const requestHead = (path: string): Buffer =>
  fields(
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['user-agent', 'grpc-go/1.82.1'],
    ['te', 'trailers'],
    ['grpc-timeout', '120000m'],
  );

const responseHead = fields([':status', '200'], ['content-type', 'application/grpc']);

const trailers = (status: number, message: string): Buffer =>
  fields(['grpc-status', String(status)], ['grpc-message', message]);

const message = (stream: number, body: Uint8Array, last: boolean): Buffer => {
  const prefixed = Buffer.alloc(5 + body.length);
  prefixed.writeUInt32BE(body.length, 1);
  prefixed.set(body, 5);
  const frames: Buffer[] = [];
  for (let at = 0; at < prefixed.length; at += maxFrameBytes) {
    const piece = prefixed.subarray(at, at + maxFrameBytes);
    const isEnd = last && at + maxFrameBytes >= prefixed.length;
    frames.push(frame(types.data, isEnd ? endStream : 0, stream, piece));
  }
  return Buffer.concat(frames);
};

export interface Exchange {
  readonly path: string;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  /** A gRPC status other than OK: no response, and this text. */
  readonly failure?: { readonly status: number; readonly message: string };
}

export interface WireConnection {
  readonly opening: readonly SourceEvent[];
  /** One call, from its first byte to its last. */
  call(exchange: Exchange, start: Nanos, end: Nanos): readonly SourceEvent[];
  close(at: Nanos): SourceEvent;
}

/** The two directions of one connection of a client without HPACK state. */
export const openConnection = (
  connection: number,
  endpoint: string,
  client: Peer,
  server: Peer,
  at: Nanos,
): WireConnection => {
  const heads = new Map<string, Buffer>();
  let stream = -1;
  const data = (direction: 'request' | 'response', bytes: Uint8Array, at: Nanos): SourceEvent => ({
    kind: 'data',
    connection,
    seen: { at, sentAt: null },
    direction,
    bytes,
  });
  const settings = frame(types.settings, 0, 0, new Uint8Array(0));
  return {
    opening: [
      { kind: 'open', connection, seen: { at, sentAt: null }, endpoint, client, server, joined: false },
      data('request', Buffer.concat([preface, settings]), at),
      data('response', settings, at),
    ],
    call({ path, request, response, failure }, start, end) {
      stream += 2;
      const head = heads.get(path) ?? requestHead(path);
      heads.set(path, head);
      const asked = Buffer.concat([
        frame(types.headers, endHeaders, stream, head),
        message(stream, request, true),
      ]);
      const answered =
        failure === undefined
          ? [
              frame(types.headers, endHeaders, stream, responseHead),
              message(stream, response, false),
              frame(types.headers, endHeaders | endStream, stream, trailers(0, '')),
            ]
          : [
              frame(
                types.headers,
                endHeaders | endStream,
                stream,
                Buffer.concat([responseHead, trailers(failure.status, failure.message)]),
              ),
            ];
      return [data('request', asked, start), data('response', Buffer.concat(answered), end)];
    },
    close: (at) => ({ kind: 'close', connection, seen: { at, sentAt: null } }),
  };
};
