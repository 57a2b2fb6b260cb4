import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createHttp2Counters, defaultHttp2Limits } from '../../src/http2/limits.ts';
import { told } from './told.ts';
import {
  clientPreface,
  concat,
  cutSizes,
  frame,
  hex,
  indexed,
  merged,
  normalised,
  recut,
  type Step,
  text,
  watch,
} from './wire.ts';

const get = indexed(2);
const ping = frame(6, 0, 0, new Uint8Array(8));
const start = concat(clientPreface, frame(4, 0, 0));

describe('what is not a boundary', () => {
  const search = (bytes: Uint8Array, limits = defaultHttp2Limits): string[] => {
    const steps: Step[] = [
      { direction: 'request', bytes: start },
      { direction: 'request', lost: 5 },
      { direction: 'request', bytes },
    ];
    return merged(watch(steps, { joined: false, limits })).map(told);
  };
  const good = [ping, ping, ping];
  const bad: Readonly<Record<string, Uint8Array>> = {
    'a type without a name': frame(0xa, 0, 1, hex('00')),
    'a flag that the type does not have': frame(6, 4, 0, new Uint8Array(8)),
    'PING of wrong length': frame(6, 0, 0, new Uint8Array(9)),
    'PING on a stream': frame(6, 0, 1, new Uint8Array(8)),
    'DATA without a stream': frame(0, 1, 0, text('x')),
    'a stream of the server': frame(0, 1, 2, text('x')),
    'the reserved bit': frame(0, 1, 0x80000001, text('x')),
    'empty DATA that ends nothing': frame(0, 0, 1),
    'SETTINGS of wrong length': frame(4, 0, 0, hex('00')),
    'an ACK with settings': frame(4, 1, 0, hex('000500004000')),
    'PUSH_PROMISE of a client': frame(5, 4, 1, hex('0000000282')),
    'a frame larger than ever announced': frame(0, 1, 1, new Uint8Array(16_385)),
  };
  for (const [name, bytes] of Object.entries(bad)) {
    test(name, () => {
      const stuck = search(concat(...good, bytes, ...good));
      assert.deepEqual(stuck, ['http2', 'desync']);
      assert.equal(search(concat(...good, bytes, ...good, ping))[2], `resync ${5 + 51 + bytes.length}`);
    });
  }

  const outOfOrder: Readonly<Record<string, readonly [Uint8Array, Uint8Array]>> = {
    'a CONTINUATION after a whole block': [frame(1, 4, 1, get), frame(9, 4, 1, get)],
    'no CONTINUATION after a part of a block': [frame(1, 0, 1, get), ping],
    'a CONTINUATION of another stream': [frame(1, 0, 1, get), frame(9, 4, 3, get)],
    'a stream opened after a later one': [frame(1, 4, 5, get), frame(1, 4, 3, get)],
  };
  for (const [name, [before, after]] of Object.entries(outOfOrder)) {
    test(`${name}: a chain ends there, and another begins`, () => {
      const stuck = concat(ping, ping, before, after, ping, ping);
      assert.deepEqual(search(stuck), ['http2', 'desync']);
      assert.equal(search(concat(stuck, ping))[2], `resync ${5 + 2 * ping.length + before.length}`);
    });
  }

  test('a false frame that promises much holds nobody up', () => {
    const lure = hex('0040000001 00000001');
    assert.equal(search(concat(lure, ...good, ping))[2], `resync ${5 + lure.length}`);
  });

  test('responses on streams that no request opened', () => {
    const steps = (stream: number): Step[] => [
      { direction: 'request', bytes: concat(start, frame(1, 5, 1, get)) },
      { direction: 'response', bytes: concat(frame(4, 0, 0)) },
      { direction: 'response', lost: 1 },
      { direction: 'response', bytes: concat(...[1, 2, 3, 4].map(() => frame(0, 0, stream, text('x')))) },
    ];
    const last = (stream: number) => watch(steps(stream), { joined: false }).map(told).at(-1);
    assert.equal(last(1), 'data 1 x');
    assert.equal(last(3), 'desync');
  });

  test('the frames that prove a boundary lie within the limit', () => {
    const frames = [1, 2, 3, 4].map(() => frame(0, 0, 1, new Uint8Array(1000)));
    const limits = { ...defaultHttp2Limits, resyncBytes: 3 * 1009 + 9 };
    assert.equal(search(concat(...frames), limits)[2], 'resync 5');
    const less = { ...limits, resyncBytes: limits.resyncBytes - 1 };
    assert.deepEqual(search(concat(...frames), less), ['http2', 'desync']);
  });

  test('candidates over the limit are dropped and counted', () => {
    const limits = { ...defaultHttp2Limits, resyncCandidates: 8 };
    const counters = createHttp2Counters();
    // Each octet of this begins a plausible DATA frame, but for its own reserved bit: nine octets apart at most.
    const lures = concat(
      ...Array.from({ length: 40 }, (_, at) => hex(`0020${(16 + at).toString(16)}0001 00000001`)),
    );
    const steps: Step[] = [
      { direction: 'request', bytes: start },
      { direction: 'request', lost: 5 },
      { direction: 'request', bytes: lures },
    ];
    watch(steps, { joined: false, limits, counters });
    assert.ok(counters.resyncCandidatesOverLimit > 0);
  });
});

describe('a connection joined late', () => {
  const client = concat(
    ping,
    frame(1, 4, 9, concat(get, indexed(62))),
    frame(0, 1, 9, text('q')),
    ping,
    ping,
  );
  const server = concat(ping, frame(1, 4, 9, indexed(62)), frame(0, 1, 9, text('r')), ping, ping);
  const steps: Step[] = [
    { direction: 'request', bytes: concat(text('rest'), client) },
    { direction: 'response', bytes: server },
  ];

  test('is HTTP/2 once frames are found, and both directions were lost until then', () => {
    const counters = createHttp2Counters();
    const events = merged(watch(steps, { joined: true, counters }));
    assert.deepEqual(events.map(told), [
      'http2',
      'desync',
      'desync',
      'resync 4',
      'headers 9, :method: GET, ?: ?',
      'data 9 q, end',
      'resync 0',
      'headers 9, ?: ?',
      'data 9 r, end',
    ]);
    assert.equal(counters.http2Connections, 1);
    const unknown = events.flatMap((event) =>
      event.kind === 'headers'
        ? event.fields.flatMap(({ value }) => (typeof value === 'string' ? [] : [value]))
        : [],
    );
    assert.equal(new Set(unknown.map(({ epoch }) => epoch)).size, 2, 'an epoch belongs to one direction');
  });

  test('that speaks something else says nothing', () => {
    const other: Step[] = [{ direction: 'request', bytes: text('GET / HTTP/1.1\r\n\r\n'.repeat(100)) }];
    const counters = createHttp2Counters();
    assert.deepEqual(watch(other, { joined: true, counters }), []);
    assert.equal(counters.searchedBytes, 1800);
  });

  test('gives the same however it is cut', () => {
    const whole = normalised(watch(steps, { joined: true }));
    fc.assert(
      fc.property(cutSizes, (sizes) => {
        assert.deepEqual(normalised(watch(recut(steps, sizes), { joined: true })), whole);
      }),
    );
  });
});

test('with both directions lost, responses are found among unary calls of three frames each', () => {
  // One call after the other: the client opens each stream only after the response before it.
  const call = (stream: number) => [
    {
      direction: 'request' as const,
      bytes: concat(frame(1, 4, stream, get), frame(0, 1, stream, text('ask'))),
    },
    {
      direction: 'response' as const,
      bytes: concat(frame(1, 4, stream, get), frame(0, 0, stream, text('reply')), frame(1, 5, stream, get)),
    },
  ];
  const steps: Step[] = [
    { direction: 'request', bytes: start },
    { direction: 'response', bytes: frame(4, 0, 0) },
    { direction: 'response', lost: 1000 },
    { direction: 'request', lost: 1000 },
    ...[101, 103, 105, 107, 109].flatMap(call),
  ];
  const events = watch(steps, { joined: false });
  assert.deepEqual(
    events.flatMap((event) => (event.kind === 'resync' ? [event.direction] : [])),
    ['request', 'response'],
  );
  const answered = events.flatMap((event) =>
    event.kind === 'headers' && event.direction === 'response' && event.endStream ? [event.stream] : [],
  );
  assert.deepEqual(answered.slice(-3), [105, 107, 109]);
});
