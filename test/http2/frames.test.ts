import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createHttp2Observer } from '../../src/http2/connection.ts';
import { createHttp2Counters, defaultHttp2Limits, type Http2Counters } from '../../src/http2/limits.ts';
import { told } from './told.ts';
import {
  clientPreface,
  concat,
  cutSizes,
  frame,
  hex,
  indexed,
  literal,
  merged,
  normalised,
  recut,
  type Step,
  sizeUpdate,
  text,
  watch,
} from './wire.ts';

type Row = readonly [frames: Uint8Array[], events: string[], counters?: Partial<Http2Counters>];

const get = indexed(2);
const rows: Readonly<Record<string, Row>> = {
  HEADERS: [[frame(1, 4, 1, get)], ['headers 1, :method: GET']],
  'HEADERS that end the stream': [[frame(1, 5, 3, get)], ['headers 3, :method: GET, end']],
  'HEADERS, empty': [[frame(1, 4, 1)], ['headers 1']],
  'HEADERS, padded, with priority': [
    [frame(1, 0x2c, 1, concat(hex('03 80000005 10'), get, hex('000000')))],
    ['headers 1, :method: GET'],
  ],
  'HEADERS with more padding than payload': [
    [frame(1, 0xc, 1, hex('0982')), frame(1, 4, 3, get)],
    ['headers 1, ...', 'headers 3, :method: GET'],
    { malformedFrames: 1 },
  ],
  'HEADERS in three frames': [
    [
      frame(1, 1, 1, literal('a', 'bcdef').slice(0, 4)),
      frame(9, 0, 1, literal('a', 'bcdef').slice(4)),
      frame(9, 4, 1, get),
      frame(1, 4, 3, indexed(62)),
    ],
    ['headers 1, a: bcdef, :method: GET, end', 'headers 3, a: bcdef'],
    { continuationFrames: 2, headerBlocks: 2 },
  ],
  'a block cut short by another frame': [
    [frame(1, 0, 1, concat(get, literal('a', 'b'))), frame(0, 1, 1, text('x')), frame(1, 4, 3, indexed(62))],
    ['headers 1, :method: GET, a: b, ...', 'data 1 x, end', 'headers 3, ?: ?'],
    { malformedFrames: 1, lostBlocks: 1 },
  ],
  'a CONTINUATION of another stream': [
    [frame(1, 0, 1, get), frame(9, 4, 3, get), frame(1, 4, 5, get)],
    ['headers 1, :method: GET, ...', 'headers 5, :method: GET'],
  ],
  'a CONTINUATION of nothing': [
    [frame(1, 4, 1, literal('a', 'b')), frame(9, 4, 1, get), frame(1, 4, 3, indexed(62))],
    ['headers 1, a: b', 'headers 3, ?: ?'],
    { malformedFrames: 1 },
  ],
  'a malformed block': [
    [frame(1, 4, 1, hex('8280')), frame(1, 4, 3, get)],
    ['headers 1, :method: GET, ...', 'headers 3, :method: GET'],
    { malformedBlocks: 1 },
  ],
  'HEADERS without a stream': [
    [frame(1, 4, 0, literal('a', 'b')), frame(1, 4, 1, indexed(62))],
    ['headers 1, a: b'],
    { malformedFrames: 1 },
  ],
  DATA: [
    [frame(0, 0, 1, text('hello')), frame(0, 1, 1, text('!'))],
    ['data 1 hello!, end'],
    { dataFrames: 2 },
  ],
  'DATA, empty at the end': [[frame(0, 0, 1, text('a')), frame(0, 1, 1)], ['data 1 a, end']],
  'DATA, padded': [[frame(0, 9, 1, concat(hex('02'), text('hi'), hex('0000')))], ['data 1 hi, end']],
  'DATA, nothing but padding': [[frame(0, 9, 1, hex('03000000'))], ['data 1 , end']],
  'DATA with more padding than payload': [[frame(0, 9, 1, hex('04000000'))], [], { malformedFrames: 1 }],
  'DATA, padded and empty': [
    [frame(0, 8, 1), frame(0, 1, 1, text('x'))],
    ['data 1 x, end'],
    { malformedFrames: 1 },
  ],
  'DATA without a stream': [[frame(0, 0, 0, text('x'))], [], { malformedFrames: 1 }],
  PRIORITY: [[frame(2, 0, 1, hex('0000000010'))], [], { priorityFrames: 1, malformedFrames: 0 }],
  RST_STREAM: [[frame(3, 0, 7, hex('00000008'))], ['rst_stream 7 8']],
  'RST_STREAM of wrong length': [[frame(3, 0, 7, hex('000008'))], [], { malformedFrames: 1 }],
  'RST_STREAM with the reserved bit': [
    [frame(3, 0, 0x80000007, hex('ffffffff'))],
    ['rst_stream 7 4294967295'],
  ],
  'SETTINGS of wrong length': [[frame(4, 0, 0, hex('0000'))], [], { settingsFrames: 2, malformedFrames: 1 }],
  'SETTINGS over the limit': [
    [frame(4, 0, 0, new Uint8Array(6 * 257))],
    [],
    { settingsOverLimit: 1, malformedFrames: 0 },
  ],
  PUSH_PROMISE: [
    [frame(5, 4, 1, concat(hex('00000002'), literal('a', 'b'))), frame(1, 4, 1, indexed(62))],
    ['headers 1, a: b'],
    { pushPromiseFrames: 1 },
  ],
  PING: [[frame(6, 0, 0, new Uint8Array(8)), frame(6, 1, 0, new Uint8Array(8))], [], { pingFrames: 2 }],
  GOAWAY: [[frame(7, 0, 0, concat(hex('80000005 00000002'), text('debug')))], ['goaway 5 2']],
  'GOAWAY too short': [[frame(7, 0, 0, hex('00000005'))], [], { malformedFrames: 1 }],
  WINDOW_UPDATE: [[frame(8, 0, 0, hex('00000001'))], [], { windowUpdateFrames: 1 }],
  'a type without a name': [
    [frame(0xbe, 0xff, 3, text('grease')), frame(0, 1, 1, text('x'))],
    ['data 1 x, end'],
    { unknownFrames: 1, malformedFrames: 0 },
  ],
};

const stepsOf = (frames: readonly Uint8Array[]): Step[] => [
  { direction: 'request', bytes: concat(clientPreface, frame(4, 0, 0), ...frames) },
];

describe('frames', () => {
  for (const [name, [frames, expected, counted]] of Object.entries(rows)) {
    test(name, () => {
      const counters = createHttp2Counters();
      const events = watch(stepsOf(frames), { joined: false, counters });
      assert.deepEqual(merged(events).map(told), ['http2', ...expected]);
      for (const [key, value] of Object.entries(counted ?? {}))
        assert.equal(Object.entries(counters).find(([name]) => name === key)?.[1], value, key);
    });

    test(`${name}, cut anywhere`, () => {
      const whole = normalised(watch(stepsOf(frames), { joined: false }));
      fc.assert(
        fc.property(cutSizes, (sizes) => {
          assert.deepEqual(normalised(watch(recut(stepsOf(frames), sizes), { joined: false })), whole);
        }),
        { numRuns: 20 },
      );
    });
  }
});

test('a block larger than the limit is not read, and the next one is not guessed', () => {
  const limits = { ...defaultHttp2Limits, headerBlockBytes: 40 };
  const long = literal('a', 'x'.repeat(30));
  for (const frames of [
    [frame(1, 4, 1, concat(long, long))],
    [frame(1, 0, 1, concat(long, long)), frame(9, 4, 1, get)],
  ]) {
    const counters = createHttp2Counters();
    const events = watch(stepsOf([...frames, frame(1, 4, 3, concat(indexed(62), get))]), {
      joined: false,
      limits,
      counters,
    });
    assert.deepEqual(events.map(told), ['http2', 'headers 1, ...', 'headers 3, ?: ?, :method: GET']);
    assert.equal(counters.headerBlocksOverLimit, 1);
  }
  const counters = createHttp2Counters();
  const flood = Array.from({ length: 100 }, () => frame(9, 0, 1, long));
  const events = watch(stepsOf([frame(1, 1, 1, get), ...flood, frame(9, 4, 1)]), {
    joined: false,
    limits,
    counters,
  });
  assert.deepEqual(events.map(told), ['http2', `headers 1, :method: GET, a: ${'x'.repeat(30)}, ..., end`]);
  assert.equal(counters.headerBlocksOverLimit, 1);
});

test('headers bear the time of the first octet of their frame', () => {
  const bytes = concat(clientPreface, frame(4, 0, 0), frame(1, 0, 1, get), frame(9, 4, 1, get));
  const steps = recut([{ direction: 'request', bytes }], [1]);
  const headers = watch(steps, { joined: false }).find((event) => event.kind === 'headers');
  assert.equal(headers?.first.at, BigInt(clientPreface.length + 9));
});

test('a table size announced by one direction may be used by the other', () => {
  const announce = (size: string) => frame(4, 0, 0, hex(`0001${size}`));
  const update = (size: number) => frame(1, 5, 1, concat(sizeUpdate(size), indexed(8)));
  const response = (announced: string, used: number): string[] =>
    watch(
      [
        { direction: 'request', bytes: concat(clientPreface, announce(announced)) },
        { direction: 'response', bytes: concat(frame(4, 0, 0), update(used)) },
      ],
      { joined: false },
    ).map(told);
  assert.deepEqual(response('00002000', 8192), ['http2', 'headers 1, :status: 200, end']);
  assert.deepEqual(response('00002000', 8193), ['http2', 'headers 1, ..., end']);
  assert.deepEqual(response('00000100', 4096), ['http2', 'headers 1, :status: 200, end']);
});

test('bodies are views into the input', () => {
  const bytes = concat(clientPreface, frame(0, 1, 1, new Uint8Array(100_000)));
  const events = createHttp2Observer({ joined: false }).bytes('request', bytes, { at: 0n, sentAt: null });
  const data = events.find((event) => event.kind === 'data');
  assert.equal(data?.bytes.buffer, bytes.buffer);
});
