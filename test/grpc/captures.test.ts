import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Direction } from '../../src/foundation/direction.ts';
import { createGrpcTracker } from '../../src/grpc/calls.ts';
import type { CallEnd, CallHead, GrpcEvent } from '../../src/grpc/event.ts';
import { statusName } from '../../src/grpc/status.ts';
import { createHttp2Observer } from '../../src/http2/connection.ts';
import type { Http2Event } from '../../src/http2/event.ts';

interface Line {
  readonly t: string;
  readonly c: number;
  readonly e: string;
  readonly d: Direction;
  readonly b: string;
}

interface Truth {
  readonly conn: number;
  readonly stream: number;
  readonly path: string;
  readonly start: string;
  readonly end?: string;
  readonly status: string;
  readonly reset?: string;
  readonly request_messages: number;
  readonly request_bytes: number;
  readonly response_messages: number;
  readonly response_bytes: number;
}

const readLines = <Row>(name: string): Row[] =>
  gunzipSync(readFileSync(new URL(`../fixtures/captures/${name}.jsonl.gz`, import.meta.url)))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Row => JSON.parse(line));

/** How a chunk of a direction is shown to the observer: in pieces, some of them not seen. */
type Cut = (bytes: Uint8Array) => readonly { readonly bytes: Uint8Array; readonly seen: boolean }[];

const inOne: Cut = (bytes) => [{ bytes, seen: true }];

/** Numbers that look random and are the same in every run. */
const sequence = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const inPieces =
  (next: (below: number) => number): Cut =>
  (bytes) => {
    const pieces = [];
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + next(40);
      pieces.push({ bytes: bytes.subarray(at, at + size), seen: true });
      at += size;
    }
    return pieces;
  };

const withGaps =
  (next: (below: number) => number): Cut =>
  (bytes) => {
    if (next(60) > 0) return inOne(bytes);
    const from = next(bytes.length);
    const to = from + 1 + next(bytes.length - from);
    return [
      { bytes: bytes.subarray(0, from), seen: true },
      { bytes: bytes.subarray(from, to), seen: false },
      { bytes: bytes.subarray(to), seen: true },
    ];
  };

interface Watched {
  readonly head: CallHead;
  result: CallEnd | null;
}

/** All calls of a capture, by `connection:stream`. */
const watchCapture = (name: string, cut: Cut): Map<string, Watched> => {
  const calls = new Map<string, Watched>();
  const keep = (connection: number, events: readonly GrpcEvent[]): void => {
    for (const event of events) {
      if (event.kind === 'call_start')
        calls.set(`${connection}:${event.head.stream}`, { head: event.head, result: null });
      if (event.kind !== 'call_end' && event.kind !== 'call_revised') continue;
      const call = calls.get(`${connection}:${event.stream}`);
      assert.ok(call);
      call.result = event.result;
    }
  };
  const open = () => ({
    http2: createHttp2Observer({ joined: false }),
    grpc: createGrpcTracker({ joined: false }),
  });
  const connections = new Map<number, ReturnType<typeof open>>();
  for (const line of readLines<Line>(name)) {
    if (line.e === 'open') connections.set(line.c, open());
    const connection = connections.get(line.c);
    if (connection === undefined) continue;
    const { http2, grpc } = connection;
    const seen = { at: BigInt(line.t), sentAt: null };
    const take = (events: readonly Http2Event[]): void => {
      const found: GrpcEvent[] = [];
      for (const event of events) grpc.event(event, seen, found);
      keep(line.c, found);
    };
    if (line.e === 'data') {
      for (const piece of cut(Buffer.from(line.b, 'base64')))
        take(
          piece.seen ? http2.bytes(line.d, piece.bytes, seen) : http2.gap(line.d, piece.bytes.length, seen),
        );
    }
    if (line.e === 'end') keep(line.c, grpc.end(line.d, seen));
    if (line.e === 'close') keep(line.c, grpc.close(seen));
  }
  for (const [at, { grpc }] of connections) keep(at, grpc.finish());
  return calls;
};

const sizesOf = (result: CallEnd) => [
  result.request.messages,
  result.request.bytes,
  result.response.messages,
  result.response.bytes,
];

const trueSizes = (truth: Truth) => [
  truth.request_messages,
  truth.request_bytes,
  truth.response_messages,
  truth.response_bytes,
];

const trueStatus = (truth: Truth): string | null => (truth.status ? statusName(Number(truth.status)) : null);

const resultOf = (calls: Map<string, Watched>, truth: Truth): Watched & { result: CallEnd } => {
  const call = calls.get(`${truth.conn}:${truth.stream}`);
  assert.ok(call?.result, `${truth.conn}:${truth.stream} is there`);
  return { head: call.head, result: call.result };
};

const assertTrue = (name: string, cut: Cut): void => {
  const calls = watchCapture(name, cut);
  const truths = readLines<Truth>(`${name}.truth`);
  assert.equal(calls.size, truths.length);
  for (const truth of truths) {
    const { head, result } = resultOf(calls, truth);
    const lost = result.outcome === 'connection_lost';
    assert.deepEqual(
      {
        path: head.path,
        start: String(head.start?.at),
        end: result.end === null || lost ? undefined : String(result.end.at),
        status: result.status,
        reset: result.reset === null ? undefined : `${result.reset.by} ${result.reset.code}`,
        sizes: sizesOf(result),
        lost: result.lostBytes,
      },
      {
        path: truth.path,
        start: truth.start,
        end: truth.end,
        status: trueStatus(truth),
        reset: truth.reset,
        sizes: trueSizes(truth),
        lost: 0,
      },
      `${name} ${truth.conn}:${truth.stream}`,
    );
  }
};

for (const name of [
  'old-client-c15-crictl1.25',
  'pod-lifecycle-crio-crictl1.36',
  'events-c24-crictl1.36',
  'kubelet-1.25-sticky-gate-v1alpha2-to-v1',
  'kubelet-1.37-containerd-2.4-gates',
]) {
  test(`${name}: every call is as an independent decoder has it`, () => assertTrue(name, inOne));
}

test('the same in small pieces', () => assertTrue('pod-lifecycle-c16-crictl1.36', inPieces(sequence(1))));

test('with bytes lost, what claims to be whole is right', () => {
  const name = 'kubelet-1.37-containerd-2.4-gates';
  const truths = readLines<Truth>(`${name}.truth`);
  for (const seed of [1, 2, 3]) {
    const calls = watchCapture(name, withGaps(sequence(seed)));
    let whole = 0;
    for (const truth of truths) {
      const call = calls.get(`${truth.conn}:${truth.stream}`);
      if (call === undefined || call.result === null) continue;
      const { head, result } = call;
      if (typeof head.path === 'string') assert.equal(head.path, truth.path);
      if (result.status !== null) assert.equal(result.status, trueStatus(truth));
      if (result.lostBytes !== 0) continue;
      assert.deepEqual(sizesOf(result), trueSizes(truth));
      whole++;
    }
    assert.ok(whole > truths.length * 0.85, `${whole} of ${truths.length}`);
    assert.ok(calls.size <= truths.length);
  }
});
