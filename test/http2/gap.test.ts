import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Http2Event } from '../../src/http2/event.ts';
import { createHttp2Counters } from '../../src/http2/limits.ts';
import { told } from './told.ts';
import {
  clientPreface,
  concat,
  cutOut,
  frame,
  hex,
  indexed,
  literal,
  merged,
  octetsOf,
  recut,
  type Step,
  text,
  watch,
} from './wire.ts';

const get = indexed(2);
const ping = frame(6, 0, 0, new Uint8Array(8));
const start = concat(clientPreface, frame(4, 0, 0));

/** What is said when `length` octets are missing from `at` of the frames given, which a request began with. */
const withGap = (
  frames: readonly Uint8Array[],
  at: number,
  length: number,
  counters = createHttp2Counters(),
) =>
  merged(
    watch(
      cutOut(
        [{ direction: 'request', bytes: concat(start, ...frames) }],
        'request',
        start.length + at,
        length,
      ),
      {
        joined: false,
        counters,
      },
    ),
  ).map(told);

const data = frame(0, 1, 1, text('0123456789'));
const next = frame(1, 5, 3, get);
const block = concat(literal('a', 'b'), get, literal('c', 'd'));

describe('a gap within a payload is skipped, and the next frame is where the length says', () => {
  const cases: Readonly<
    Record<string, readonly [frames: Uint8Array[], at: number, length: number, events: string[]]>
  > = {
    'in the midst of DATA': [[data, next], 12, 4, ['data 1 012', 'data_lost 1 4', 'data 1 789, end']],
    'the begin of DATA': [[data, next], 9, 4, ['data_lost 1 4', 'data 1 456789, end']],
    'the end of DATA': [[data, next], 15, 4, ['data 1 012345', 'data_lost 1 4, end']],
    'all of DATA': [[data, next], 9, 10, ['data_lost 1 10, end']],
    'padding of DATA': [
      [frame(0, 9, 1, concat(hex('03'), text('abc'), hex('000000'))), next],
      14,
      2,
      ['data 1 abc, end'],
    ],
    'data and padding': [
      [frame(0, 9, 1, concat(hex('03'), text('abc'), hex('000000'))), next],
      11,
      4,
      ['data 1 a', 'data_lost 1 2, end'],
    ],
    'the Pad Length: which octets were data is not known': [
      [frame(0, 9, 1, concat(hex('03'), text('abc'), hex('000000'))), next],
      9,
      2,
      ['desync', 'resync 7', 'data 1 , end'],
    ],
    PING: [[ping, next], 10, 5, []],
    RST_STREAM: [[frame(3, 0, 1, hex('00000008')), next], 9, 4, ['rst_stream 1 4 lost']],
    'debug data of GOAWAY': [
      [frame(7, 0, 0, concat(hex('0000000100000000'), text('debug'))), next],
      18,
      2,
      ['goaway 1 0'],
    ],
    'padding of HEADERS': [
      [frame(1, 0xd, 1, concat(hex('03'), get, hex('000000'))), next],
      12,
      1,
      ['headers 1, :method: GET, end'],
    ],
    HEADERS: [[frame(1, 5, 1, block), next], 15, 3, ['headers 1, a: b, :method: GET, ..., 3 lost, end']],
    'all of HEADERS': [
      [frame(1, 5, 1, block), next],
      9,
      block.length,
      [`headers 1, ..., ${block.length} lost, end`],
    ],
    'a CONTINUATION': [
      [frame(1, 0, 1, get), frame(9, 0, 1, block), frame(9, 4, 1, get), next],
      9 + 1 + 9 + 2,
      3,
      ['headers 1, :method: GET, ..., 3 lost'],
    ],
    'HEADERS that a CONTINUATION follows': [
      [frame(1, 1, 1, block), frame(9, 4, 1, get), next],
      9,
      1,
      ['headers 1, ..., 1 lost, end'],
    ],
  };
  for (const [name, [frames, at, length, events]] of Object.entries(cases)) {
    test(name, () => {
      const counters = createHttp2Counters();
      assert.deepEqual(withGap(frames, at, length, counters), [
        'http2',
        ...events,
        'headers 3, :method: GET, end',
      ]);
      assert.equal(counters.lostBytes >= length, true);
      assert.equal(counters.desyncs, 0);
    });
  }
});

test('after a lost part of a block, what it may have moved is not known', () => {
  const learn = frame(1, 4, 1, literal('a', 'b'));
  const use = frame(1, 4, 3, indexed(62));
  const lost = frame(1, 4, 5, literal('c', 'd'));
  const again = frame(1, 4, 7, concat(indexed(62), indexed(63), literal('e', 'f'), indexed(62), indexed(64)));
  const at = learn.length + use.length + 12;
  assert.deepEqual(withGap([learn, use, lost, again], at, 2), [
    'http2',
    'headers 1, a: b',
    'headers 3, a: b',
    'headers 5, ..., 2 lost',
    'headers 7, ?: ?, ?: ?, e: f, e: f, ?: ?',
  ]);
});

test('a table size lost with its SETTINGS may be used by the other side', () => {
  const announce = frame(4, 0, 0, hex('000100010000'));
  const steps: Step[] = [
    { direction: 'request', bytes: concat(clientPreface, announce.slice(0, 9)) },
    { direction: 'request', lost: 6 },
    {
      direction: 'response',
      bytes: concat(frame(4, 0, 0), frame(1, 5, 1, concat(hex('3fe1ff03'), indexed(8)))),
    },
  ];
  assert.deepEqual(watch(steps, { joined: false }).map(told), ['http2', 'headers 1, :status: 200, end']);
});

describe('a gap past the end of a frame loses the boundary, and finds it by what follows', () => {
  const proof = [frame(1, 4, 5, get), frame(0, 1, 5, text('xyz')), ping, frame(8, 0, 0, hex('00000001'))];
  const recovered = ['headers 5, :method: GET', 'data 5 xyz, end'];

  test('a part of DATA, whose loss is exact, and the next header', () => {
    assert.deepEqual(withGap([data, next, ...proof], 15, 8), [
      'http2',
      'data 1 012345',
      'data_lost 1 4, end',
      'desync',
      // 4 octets of the gap and 6 of the frame after it.
      'resync 10',
      ...recovered,
    ]);
  });

  test('the begin of a header is of no use without its end', () => {
    assert.deepEqual(withGap([next, ...proof], 4, 5), ['http2', 'desync', 'resync 10', ...recovered]);
  });

  test('whole frames', () => {
    assert.deepEqual(withGap([data, next, ...proof], 0, data.length + next.length), [
      'http2',
      'desync',
      `resync ${data.length + next.length}`,
      ...recovered,
    ]);
  });

  test('between the frames of a block', () => {
    const open = frame(1, 0, 1, get);
    const rest = frame(9, 4, 1, get);
    assert.deepEqual(withGap([open, rest, ...proof], open.length, rest.length), [
      'http2',
      'headers 1, :method: GET, ..., some lost',
      'desync',
      `resync ${rest.length}`,
      ...recovered,
    ]);
  });

  test('the CONTINUATION of a block that was lost tells nothing', () => {
    const counters = createHttp2Counters();
    const open = frame(1, 0, 1, get);
    assert.deepEqual(withGap([open, frame(9, 4, 1, get), ...proof], 0, open.length, counters), [
      'http2',
      'desync',
      `resync ${open.length}`,
      ...recovered,
    ]);
    assert.equal(counters.malformedFrames, 0);
  });

  test('a lost frame may have held a block, and what it inserted moves every index', () => {
    const learn = frame(1, 4, 1, literal('a', 'b'));
    const lost = frame(1, 4, 3, literal('c', 'd'));
    const use = frame(1, 4, 5, concat(indexed(62), indexed(63), literal('e', 'f'), indexed(62)));
    assert.deepEqual(withGap([learn, lost, use, ping, ping, ping], learn.length, lost.length), [
      'http2',
      'headers 1, a: b',
      'desync',
      `resync ${lost.length}`,
      'headers 5, ?: ?, ?: ?, e: f, e: f',
    ]);
  });

  test('responses to requests that were lost are plausible', () => {
    const steps: Step[] = [
      { direction: 'request', bytes: start },
      { direction: 'response', bytes: frame(4, 0, 0) },
      { direction: 'request', lost: 50 },
      { direction: 'response', lost: 1 },
      { direction: 'response', bytes: concat(...[1, 2, 3, 4].map(() => frame(0, 0, 7, text('x')))) },
    ];
    assert.deepEqual(
      merged(watch(steps, { joined: false }))
        .slice(-1)
        .map(told),
      ['data 7 xxxx'],
    );
  });

  test('a chain does not go on over a second gap, not even where its lengths would fit', () => {
    const steps: Step[] = [
      { direction: 'request', bytes: start },
      { direction: 'request', lost: 5 },
      { direction: 'request', bytes: concat(ping, ping, ping) },
      { direction: 'request', lost: ping.length },
      { direction: 'request', bytes: ping },
    ];
    assert.deepEqual(watch(steps, { joined: false }).map(told), ['http2', 'desync']);
  });

  test('too little to be sure stays lost', () => {
    const counters = createHttp2Counters();
    assert.deepEqual(withGap([next, ...proof.slice(1)], 0, next.length, counters), ['http2', 'desync']);
    assert.equal(counters.lostBytes, next.length);
    assert.equal(counters.searchedBytes - counters.recoveredBytes, octets(proof.slice(1)));
  });

  test('a second gap while searching begins the search anew', () => {
    const bytes = concat(...proof);
    const steps: Step[] = [
      { direction: 'request', bytes: start },
      { direction: 'request', lost: 5 },
      { direction: 'request', bytes: bytes.slice(0, 30) },
      { direction: 'request', lost: 7 },
      { direction: 'request', bytes },
    ];
    assert.deepEqual(merged(watch(steps, { joined: false })).map(told), [
      'http2',
      'desync',
      'resync 42',
      ...recovered,
    ]);
  });

  test('frames are found octet by octet, with the times of their first octets', () => {
    const steps = cutOut(
      [{ direction: 'request', bytes: concat(start, next, ...proof) }],
      'request',
      start.length,
      5,
    );
    const pieces = recut(steps, [1]);
    const headers = watch(pieces, { joined: false }).find((event) => event.kind === 'headers');
    // One step for the gap, and one for each octet of `start` and of what the gap left of `next`.
    assert.equal(headers?.first.at, BigInt(start.length + 1 + next.length - 5));
  });

  const octets = (frames: readonly Uint8Array[]): number => concat(...frames).length;
});

test('gaps of no length, and of no sense, are none', () => {
  const steps = [0, -5, Number.NaN].map((lost): Step => ({ direction: 'request', lost }));
  const events: Http2Event[] = watch([{ direction: 'request', bytes: start }, ...steps], { joined: false });
  assert.deepEqual(events.map(told), ['http2']);
  assert.equal(octetsOf(steps, 'request'), 0);
});
