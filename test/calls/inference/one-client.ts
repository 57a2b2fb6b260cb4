import { type Nanos, nanosPerSecond } from '../../../src/foundation/time.ts';
import { createGrpcTracker } from '../../../src/grpc/calls.ts';
import type { GrpcEvent } from '../../../src/grpc/event.ts';
import type { GrpcTracker } from '../../../src/grpc/tracker.ts';
import { createHttp2Observer } from '../../../src/http2/connection.ts';
import type { Http2Observer } from '../../../src/http2/observer.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { createGrpcGoEncoder, frame, frameTypes } from '../../support/grpc-go-client.ts';
import { record } from './late-joins.ts';

/** A call of a recording: what was said in it, whatever connection carried it. */
interface Said {
  readonly path: string;
  readonly timeout: string | null;
  readonly start: Nanos;
  end: Nanos;
  readonly request: Buffer[];
  readonly response: Buffer[];
  status: number;
  statusMessage: string;
}

interface Watched {
  readonly http2: Http2Observer;
  readonly grpc: GrpcTracker;
  readonly open: Map<number, Said>;
}

const prefixed = (payload: Buffer, length: number): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, payload]);
};

const callsOf = (events: readonly SourceEvent[]): readonly Said[] => {
  const watched = new Map<number, Watched>();
  const calls: Said[] = [];
  const take = ({ open }: Watched, of: readonly GrpcEvent[], at: Nanos): void => {
    for (const event of of) {
      if (event.kind === 'call_start') {
        const { path, timeoutNs, stream } = event.head;
        if (typeof path !== 'string') continue;
        const timeout = timeoutNs === null ? null : `${timeoutNs / 1_000_000n}m`;
        const said = {
          path,
          timeout,
          start: at,
          end: at,
          request: [],
          response: [],
          status: 0,
          statusMessage: '',
        };
        open.set(stream, said);
        calls.push(said);
      } else if (event.kind === 'message') {
        const { direction, bytes, offset, length } = event;
        const piece = Buffer.from(bytes);
        open.get(event.stream)?.[direction].push(offset === 0 ? prefixed(piece, length) : piece);
      } else if (event.kind === 'call_end') {
        const said = open.get(event.stream);
        if (said === undefined) continue;
        said.end = event.result.end?.at ?? at;
        said.status = event.result.statusCode ?? 0;
        said.statusMessage = event.result.statusMessage ?? '';
      }
    }
  };
  for (const event of events) {
    if (event.kind === 'open') {
      const http2 = createHttp2Observer({ joined: false });
      watched.set(event.connection, { http2, grpc: createGrpcTracker({ joined: false }), open: new Map() });
    }
    const of = 'connection' in event ? watched.get(event.connection) : undefined;
    if (of === undefined || event.kind !== 'data') continue;
    const seen: GrpcEvent[] = [];
    for (const one of of.http2.bytes(event.direction, event.bytes, event.seen))
      of.grpc.event(one, event.seen, seen);
    take(of, seen, event.seen.at);
  }
  return calls;
};

export interface OneClient {
  readonly events: readonly SourceEvent[];
  /** The first event at which every path was sent before. */
  readonly warm: number;
  /** Method of each call, by `connection/stream`. */
  readonly truth: ReadonlyMap<string, string>;
}

const cut = (bytes: Buffer): Buffer[] => {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 16_384) pieces.push(bytes.subarray(at, at + 16_384));
  return pieces;
};

const endHeaders = 4;
const endStream = 1;

/**
 * All calls of a recording, of however many short-lived clients, as one client of two lasting connections would have
 * made them: the same messages at the same times, headers encoded as grpc-go does. Once through, so that all paths are
 * table entries, and then again.
 */
export const asOneClient = async (name: string): Promise<OneClient> => {
  const said = callsOf((await record(name)).events);
  const truth = new Map<string, string>();
  const events: SourceEvent[] = [];
  const encoders = new Map(
    [1, 2].map((number) => [number, { request: createGrpcGoEncoder(), response: createGrpcGoEncoder() }]),
  );
  const streams = new Map([1, 2].map((number) => [number, 1]));
  const first = said[0]?.start ?? 0n;
  let length = 5n * nanosPerSecond;
  for (const { end } of said)
    if (end - first + 5n * nanosPerSecond > length) length = end - first + 5n * nanosPerSecond;
  let warm = 0;

  const put = (
    connection: number,
    direction: 'request' | 'response',
    at: Nanos,
    ...parts: Buffer[]
  ): void => {
    events.push({
      kind: 'data',
      connection,
      direction,
      seen: { at, sentAt: null },
      bytes: Buffer.concat(parts),
    });
  };

  for (const round of [0n, 1n]) {
    if (round === 1n) warm = events.length;
    const moments = said.flatMap((call) => [
      { at: call.start, call, ends: false },
      { at: call.end, call, ends: true },
    ]);
    moments.sort((one, other) => Number(one.at - other.at) || Number(one.ends) - Number(other.ends));
    const streamOf = new Map<Said, number>();
    for (const { at, call, ends } of moments) {
      const connection = call.path.includes('.ImageService/') ? 2 : 1;
      const encoder = encoders.get(connection);
      const next = streams.get(connection);
      if (encoder === undefined || next === undefined) continue;
      const now = at + round * length;
      if (!ends) {
        streams.set(connection, next + 2);
        streamOf.set(call, next);
        truth.set(`${connection}/${next}`, call.path.slice(call.path.lastIndexOf('/') + 1));
        const fields: (readonly [string, string])[] = [
          [':path', call.path],
          [':authority', 'localhost'],
          ['content-type', 'application/grpc'],
          ['user-agent', 'grpc-go/1.80.0'],
          ['te', 'trailers'],
          ['grpc-accept-encoding', 'gzip'],
        ];
        if (call.timeout !== null) fields.push(['grpc-timeout', '120000m']);
        const block = Buffer.concat([Buffer.from([0x83, 0x86]), encoder.request(fields)]);
        const pieces = cut(Buffer.concat(call.request));
        put(
          connection,
          'request',
          now,
          frame(frameTypes.headers, endHeaders, next, block),
          ...pieces.map((piece, nth) =>
            frame(frameTypes.data, nth === pieces.length - 1 ? endStream : 0, next, piece),
          ),
        );
        continue;
      }
      const stream = streamOf.get(call) ?? 0;
      const begin: readonly (readonly [string, string])[] = [['content-type', 'application/grpc']];
      const last: readonly (readonly [string, string])[] = [
        ['grpc-status', String(call.status)],
        ['grpc-message', call.statusMessage.slice(0, 100)],
      ];
      const ok = Buffer.from([0x88]);
      if (call.response.length === 0) {
        const block = Buffer.concat([ok, encoder.response([...begin, ...last])]);
        put(connection, 'response', now, frame(frameTypes.headers, endHeaders | endStream, stream, block));
        continue;
      }
      put(
        connection,
        'response',
        now,
        frame(frameTypes.headers, endHeaders, stream, Buffer.concat([ok, encoder.response(begin)])),
        ...cut(Buffer.concat(call.response)).map((piece) => frame(frameTypes.data, 0, stream, piece)),
        frame(frameTypes.headers, endHeaders | endStream, stream, encoder.response(last)),
      );
    }
  }
  return { events, warm, truth };
};
