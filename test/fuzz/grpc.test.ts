import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Direction } from '../../src/foundation/direction.ts';
import type { CallEnd } from '../../src/grpc/event.ts';
import type { HeaderField, HeaderText, Http2Event } from '../../src/http2/event.ts';
import {
  data,
  message,
  path,
  requestFields,
  responseFields,
  seenAt,
  streamOf,
  trailerFields,
  watch,
} from '../grpc/builders.ts';

const numRuns = Number(process.env.CRITRACE_FUZZ_RUNS ?? 500);

const direction = fc.constantFrom<Direction>('request', 'response');
const stream = fc.constantFrom(0, 1, 2, 3, 5, 7, 9, 11, 2 ** 31 - 1);
const text: fc.Arbitrary<HeaderText> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom<HeaderText>('0', '12', '%41%', 'gzip', '5S', 'application/grpc', path, 'a=1,b=2', ''),
  fc.record({ epoch: fc.nat(2), entry: fc.nat(9) }),
);
const name: fc.Arbitrary<HeaderText> = fc.oneof(
  fc.constantFrom<HeaderText>(
    ...[':method', ':path', ':status', 'content-type', 'grpc-status', 'grpc-message', 'grpc-timeout'],
    ...['traceparent', 'tracestate', 'baggage', 'grpc-encoding', 'user-agent', ':authority'],
  ),
  text,
);
const list: fc.Arbitrary<readonly HeaderField[]> = fc.oneof(
  fc.constantFrom(
    requestFields(path),
    responseFields,
    trailerFields('0'),
    trailerFields('5', 'no%20such'),
    [],
  ),
  fc.array(fc.record({ name, value: text }), { maxLength: 6 }),
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .array(fc.uint8Array({ maxLength: 9 }), { maxLength: 4 })
    .map((all) => Buffer.concat(all.map((one) => message(one)))),
);
const endStream = fc.boolean();
const kind = <Kind extends string>(value: Kind) => fc.constant(value);

const event: fc.Arbitrary<Http2Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kind('headers'),
      direction,
      stream,
      fields: list,
      complete: fc.boolean(),
      lost: fc.option(fc.nat(9)),
      endStream,
      first: fc.constant(seenAt(0)),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: kind('data'), direction, stream, bytes: body, endStream }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: kind('data_lost'), direction, stream, length: fc.nat(12), endStream }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind('rst_stream'),
      direction,
      stream,
      errorCode: fc.option(fc.nat(20)),
      lost: fc.nat(4),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: kind('goaway'), direction, lastStream: stream, errorCode: fc.nat(20) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('desync'), direction }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('resync'), direction, lostBytes: fc.nat(99) }) },
);

type Step = Http2Event | { readonly kind: 'end'; readonly direction: Direction };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: event },
  { weight: 1, arbitrary: fc.record({ kind: kind('end'), direction }) },
);

const run = (steps: readonly Step[], joined: boolean, closed: boolean) => {
  const watched = watch({ joined, limits: { openCalls: 4, endedCalls: 3, messageBytes: 30 } });
  for (const next of steps) {
    if (next.kind === 'end') watched.end(next.direction);
    else watched.feed(next);
  }
  if (closed) watched.close();
  else watched.finish();
  return watched;
};

const assertSound = (result: CallEnd): void => {
  for (const side of [result.request, result.response])
    assert.ok(side.messages >= 0 && side.bytes >= 0 && (side.messages > 0 || side.bytes === 0));
  assert.ok(result.lostBytes === null || result.lostBytes >= 0);
  assert.equal(result.end === null, result.outcome === 'in_flight');
  assert.equal(result.status === null, result.statusCode === null);
  if (result.outcome === 'reset') assert.ok(result.reset !== null && result.status === null);
  if (result.status !== null) assert.equal(result.outcome, 'finished');
};

test('whatever comes, calls begin once, end once, and their pieces fit', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), fc.boolean(), (steps, joined, closed) => {
      const watched = run(steps, joined, closed);
      const states = new Map<number, 'open' | 'over'>();
      const offsets = new Map<string, number>();
      for (const found of watched.out) {
        const at = streamOf(found);
        switch (found.kind) {
          case 'call_start':
            assert.notEqual(states.get(at), 'open');
            states.set(at, 'open');
            offsets.delete(`${at} request`);
            offsets.delete(`${at} response`);
            break;
          case 'call_end':
            assert.equal(states.get(at), 'open');
            states.set(at, 'over');
            assertSound(found.result);
            break;
          case 'call_revised':
            assert.equal(states.get(at), 'over');
            assertSound(found.result);
            break;
          case 'message': {
            const side = `${at} ${found.direction}`;
            assert.equal(found.offset, offsets.get(side) ?? 0);
            const next = found.offset + found.bytes.length;
            assert.equal(found.last, next === found.length);
            assert.ok(found.length <= 30);
            offsets.set(side, found.last ? 0 : next);
            break;
          }
          case 'message_broken':
            offsets.set(`${at} ${found.direction}`, 0);
            break;
        }
      }
      for (const state of states.values()) assert.equal(state, 'over');
      for (const count of Object.values(watched.counters)) assert.ok(Number.isInteger(count) && count >= 0);
    }),
    { numRuns },
  );
});

test('however DATA is cut, the calls are the same', () => {
  const halved = (next: Step, at: number): readonly Step[] => {
    if (next.kind !== 'data' || next.bytes.length < 2) return [next];
    const middle = 1 + (at % (next.bytes.length - 1));
    const first = data(next.direction, next.stream, next.bytes.subarray(0, middle));
    return [first, { ...next, bytes: next.bytes.subarray(middle) }];
  };
  const told = (steps: readonly Step[], joined: boolean) => {
    const watched = run(steps, joined, true);
    const streams = [...new Set(watched.out.map(streamOf))].sort((a, b) => a - b);
    return streams.map((at) => ({
      at,
      heads: watched.heads().filter((head) => head.stream === at),
      result: { ...watched.result(at), end: null },
      request: watched.messages(at, 'request'),
      response: watched.messages(at, 'response'),
    }));
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(), fc.boolean(), (steps, at, joined) => {
      const cut = steps.flatMap((next) => halved(next, at));
      assert.deepEqual(told(cut, joined), told(steps, joined));
    }),
    { numRuns },
  );
});
