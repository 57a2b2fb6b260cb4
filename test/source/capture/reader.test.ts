import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { CaptureError } from '../../../src/source/capture/error.ts';
import { openCapture } from '../../../src/source/capture/reader.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import {
  captureFixtures,
  encode,
  faults,
  fixture,
  header,
  inPieces,
  readBytes,
  readLines,
  sequences,
} from './recordings.ts';

const open = (c: number, t: string, more: object = {}) => ({ t, c, e: 'open', ...more });
const data = (c: number, t: string, text: string, more: object = {}) => ({
  t,
  c,
  e: 'data',
  d: 'request',
  b: Buffer.from(text).toString('base64'),
  ...more,
});

/** Events in short: `data request abc`. */
const short = (events: readonly SourceEvent[]): string[] =>
  events.map((event) => {
    if (event.kind === 'data') return `data ${event.direction} ${Buffer.from(event.bytes)}`;
    if (event.kind === 'gap') return `gap ${event.direction} ${event.length}`;
    return event.kind;
  });

test('every recorded capture is read without a fault', async () => {
  for (const path of captureFixtures) {
    const reader = await openCapture({ path });
    for await (const batch of reader.events()) assert.notEqual(batch.length, 0);
    assert.deepEqual(faults(reader), {}, path);
    assert.equal(reader.counters.lines, reader.counters.events, path);
    assert.match(reader.header.socket, /\.sock$/);
  }
});

test('a connection carries who is at its ends', async () => {
  const { events } = await readLines(
    open(7, '100', {
      pid: 12,
      pid_start: '1795474939168483265',
      uid: 0,
      comm: 'kubelet',
      cgroup: '/a',
      joined: true,
    }),
    open(8, '101', {
      server_pid: 3,
      server_pid_start: '5',
      server_comm: 'crio',
      endpoint: '/e',
      uid: 'root',
    }),
  );
  const nobody = { pid: null, pidStart: null, uid: null, comm: null, cgroup: null };
  assert.deepEqual(events, [
    {
      kind: 'open',
      connection: 7,
      seen: { at: 100n, sentAt: null },
      endpoint: '/run/r.sock',
      client: { pid: 12, pidStart: 1795474939168483265n, uid: 0, comm: 'kubelet', cgroup: '/a' },
      server: nobody,
      joined: true,
    },
    {
      kind: 'open',
      connection: 8,
      seen: { at: 101n, sentAt: null },
      endpoint: '/e',
      client: nobody,
      server: { ...nobody, pid: 3, pidStart: 5n, comm: 'crio' },
      joined: false,
    },
  ]);
});

test('what cannot be used is skipped and counted by its reason', async () => {
  const cases: [string, readonly (string | object)[], Record<string, number>, string[]][] = [
    ['no JSON', [open(1, '1'), '{"t":', data(1, '2', 'a')], { badLines: 1 }, ['open', 'data request a']],
    ['no object', ['[]', '3', 'null', '"x"'], { badLines: 4 }, []],
    [
      'no time',
      [
        { c: 1, e: 'open' },
        { t: 5, c: 1, e: 'open' },
      ],
      { badLines: 2 },
      [],
    ],
    [
      'no connection',
      [
        { t: '1', e: 'open' },
        { t: '1', c: 1.5, e: 'open' },
      ],
      { badLines: 2 },
      [],
    ],
    ['no direction', [open(1, '1'), { t: '2', c: 1, e: 'end' }], { badLines: 1 }, ['open']],
    [
      'no base64',
      [open(1, '1'), { ...data(1, '2', ''), b: '!!!!' }, { ...data(1, '2', ''), b: 'A' }],
      { badLines: 2 },
      ['open'],
    ],
    ['no size', [open(1, '1'), { t: '2', c: 1, e: 'gap', d: 'request', n: 0 }], { badLines: 1 }, ['open']],
    ['unknown', [{ t: '1', e: 'weather', c: 9 }], { unknownEvents: 1 }, []],
    ['before open', [data(1, '1', 'a'), { t: '2', c: 1, e: 'close' }], { beforeOpen: 2 }, []],
    [
      'after close',
      [open(1, '1'), { t: '2', c: 1, e: 'close' }, data(1, '3', 'a'), open(1, '4')],
      { afterClose: 1, reusedConnections: 1 },
      ['open', 'close'],
    ],
    [
      'reused',
      [open(1, '1'), open(1, '2'), data(1, '3', 'a')],
      { reusedConnections: 1 },
      ['open', 'data request a'],
    ],
    [
      'refused',
      [open(1, '1'), { t: '2', c: 1, e: 'refused' }, data(1, '3', 'a')],
      { afterClose: 1 },
      ['open', 'refused'],
    ],
    ['a second header', [open(1, '1'), header, open(2, '1')], { extraHeaders: 1 }, ['open', 'open']],
    ['a kernel event', [{ t: '1', e: 'kernel', k: 'lost', records: 2 }], {}, ['kernel']],
    ['no process', [{ t: '1', e: 'kernel', k: 'exec', argv: ['runc'] }], { badLines: 1 }, []],
    ['an unknown kernel event', [{ t: '1', e: 'kernel', k: 'weather' }], { unknownEvents: 1 }, []],
  ];
  for (const [name, lines, expected, events] of cases) {
    const read = await readLines(...lines);
    assert.deepEqual(faults(read), expected, name);
    assert.deepEqual(short(read.events), events, name);
  }
});

test('time that runs backwards stands still', async () => {
  const read = await readLines(
    open(1, '100'),
    data(1, '50', 'a', { s: '40' }),
    data(1, '99', 'b'),
    data(1, '101', 'c'),
  );
  assert.deepEqual(
    read.events.map(({ seen }) => seen),
    [
      { at: 100n, sentAt: null },
      { at: 100n, sentAt: 40n },
      { at: 100n, sentAt: null },
      { at: 101n, sentAt: null },
    ],
  );
  assert.deepEqual(faults(read), { clampedTimes: 2 });
});

test('an offset shows what is missing and what came twice', async () => {
  const cases: [string, readonly object[], string[], Record<string, number>][] = [
    [
      'missing',
      [open(1, '1'), data(1, '2', 'abc', { o: 0 }), data(1, '3', 'xyz', { o: 10 })],
      ['open', 'data request abc', 'gap request 7', 'data request xyz'],
      { skippedBytes: 7 },
    ],
    [
      'missing at the start',
      [open(1, '1'), data(1, '2', 'abc', { o: 4 })],
      ['open', 'gap request 4', 'data request abc'],
      { skippedBytes: 4 },
    ],
    [
      'twice',
      [open(1, '1'), data(1, '2', 'abc'), data(1, '3', 'bcd', { o: 1 }), data(1, '4', 'bcd', { o: 1 })],
      ['open', 'data request abc', 'data request d'],
      { duplicateBytes: 5 },
    ],
    [
      'joined',
      [open(1, '1', { joined: true }), data(1, '2', 'abc', { o: 1000 }), data(1, '3', 'd', { o: 1004 })],
      ['open', 'data request abc', 'gap request 1', 'data request d'],
      { skippedBytes: 1 },
    ],
    [
      'after a gap',
      [open(1, '1'), { t: '2', c: 1, e: 'gap', d: 'request', n: 5 }, data(1, '3', 'a', { o: 5 })],
      ['open', 'gap request 5', 'data request a'],
      {},
    ],
    [
      'directions apart',
      [open(1, '1'), data(1, '2', 'abc'), data(1, '3', 'x', { d: 'response', o: 0 })],
      ['open', 'data request abc', 'data response x'],
      {},
    ],
  ];
  for (const [name, lines, events, counted] of cases) {
    const read = await readLines(...lines);
    assert.deepEqual(short(read.events), events, name);
    assert.deepEqual(faults(read), counted, name);
  }
});

test('a file without a readable header of this version is refused', async () => {
  const cases: [string, CaptureError['code'], RegExp][] = [
    ['', 'header', /not a capture/],
    ['hello\n', 'header', /not a capture/],
    ['{"socket":"/x"}\n', 'header', /not a capture/],
    ['{"capture":"1"}\n', 'header', /not a capture/],
    ['[1]\n', 'header', /not a capture/],
    ['{"capture":2}\n', 'version', /format 2 .*reads version 1/],
  ];
  for (const [text, code, message] of cases)
    for (const bytes of [Buffer.from(text), gzipSync(text)])
      await assert.rejects(
        readBytes(bytes),
        (error) => error instanceof CaptureError && error.code === code && message.test(error.message),
        text,
      );
  const folder = mkdtempSync(join(tmpdir(), 'critrace-'));
  for (const path of [folder, join(folder, 'none')])
    await assert.rejects(
      openCapture({ path }),
      (error) => error instanceof CaptureError && error.code === 'missing',
    );
  rmSync(folder, { recursive: true });
});

test('a byte order mark before the header, and CRLF at the ends of lines, change nothing', async () => {
  const reader = await openCapture({
    name: 'marked',
    stream: (async function* () {
      yield Buffer.from('\ufeff{"capture":1,"socket":"/x"}\r\n{"t":"1","c":1,"e":"open"}\r\n');
    })(),
  });
  const kinds: string[] = [];
  for await (const batch of reader.events()) kinds.push(...batch.map(({ kind }) => kind));
  assert.deepEqual([reader.header.socket, kinds], ['/x', ['open']]);
});

test('the header’s own keys are kept', async () => {
  const { header, headerHash } = await readBytes(Buffer.from('{"capture":1,"note":"n","lab":{"x":1}}'));
  assert.deepEqual([header.socket, header.note, header.fields.lab], ['', 'n', { x: 1 }]);
  assert.match(headerHash, /^[0-9a-f]{64}$/);
});

test('however the input is cut into pieces, the events are the same', async () => {
  const bytes = fixture('kubelet-1.37-giveup-gate-v1alpha2-3-starts');
  const whole = await readBytes(bytes);
  for (const length of [1, 2, 3, 7, 100, 900])
    for (const form of [bytes, gunzipSync(bytes)])
      assert.deepEqual((await readBytes(form, length)).events, whole.events, `${length}`);
});

test('a line over the bound is skipped, and the next one read', async () => {
  const long = JSON.stringify(data(1, '2', 'x'.repeat(5000)));
  const text = [header, JSON.stringify(open(1, '1')), long, JSON.stringify(data(1, '3', 'y'))].join('\n');
  const limits = { maxLineBytes: 1000, maxConnections: 10 };
  const reader = await openCapture({ stream: inPieces(Buffer.from(text), 64), name: 'test' }, { limits });
  const events: SourceEvent[] = [];
  for await (const batch of reader.events()) events.push(...batch);
  assert.deepEqual(short(events), ['open', 'data request y']);
  assert.equal(reader.counters.longLines, 1);
});

test('what is written is read again, event for event', async () => {
  await fc.assert(
    fc.asyncProperty(sequences, fc.integer({ min: 1, max: 300 }), async (events, length) => {
      const read = await readBytes(encode(events), length);
      assert.deepEqual(read.events, events);
      assert.deepEqual(faults(read), {});
    }),
    { numRuns: 100 },
  );
});
