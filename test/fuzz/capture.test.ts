import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { CaptureError } from '../../src/source/capture/error.ts';
import { parseLine } from '../../src/source/capture/line.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { encode, fixture, header, readBytes, sequences } from '../source/capture/recordings.ts';

const numRuns = Math.max(1, Math.floor(Number(process.env.CRITRACE_FUZZ_RUNS ?? 300)));

/** What a reader promises of its events, whatever was in the file. */
const check = (events: readonly SourceEvent[]): void => {
  const open = new Set<number>();
  const gone = new Set<number>();
  let last = 0n;
  for (const event of events) {
    assert.ok(event.seen.at >= last, 'time does not run backwards');
    last = event.seen.at;
    if (event.kind === 'kernel') continue;
    const { connection } = event;
    if (event.kind === 'open') {
      assert.ok(!open.has(connection) && !gone.has(connection), 'a connection opens once');
      open.add(connection);
      continue;
    }
    assert.ok(open.has(connection), 'nothing comes before open or after close');
    if (event.kind === 'gap')
      assert.ok(Number.isSafeInteger(event.length) && event.length > 0, 'a gap has a size');
    if (event.kind === 'close' || event.kind === 'refused') {
      open.delete(connection);
      gone.add(connection);
    }
  }
};

const readAny = async (bytes: Uint8Array, length: number): Promise<void> => {
  try {
    const { events } = await readBytes(bytes, length);
    check(events);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
};

const pieces = fc.integer({ min: 1, max: 5000 });

/** A stretch of the file overwritten, taken out or put in. */
const damages = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat(40),
    insert: fc.uint8Array({ maxLength: 20 }),
  }),
  { minLength: 1, maxLength: 5 },
);

const damaged = (
  bytes: Buffer,
  wounds: readonly { at: number; remove: number; insert: Uint8Array }[],
): Buffer =>
  wounds.reduce<Buffer>((whole, { at, remove, insert }) => {
    const from = Math.floor(at * whole.length);
    return Buffer.concat([whole.subarray(0, from), insert, whole.subarray(from + remove)]);
  }, bytes);

test('a line of any JSON is an event or is not', () => {
  const keys = fc.constantFrom(
    't',
    'c',
    'e',
    'd',
    'b',
    'o',
    's',
    'n',
    'k',
    'pid',
    'joined',
    'capture',
    '__proto__',
    'x',
  );
  const values = fc.oneof(
    fc.constantFrom(
      'open',
      'data',
      'gap',
      'end',
      'close',
      'refused',
      'kernel',
      'request',
      'response',
      '12',
      'AAAA',
      1,
    ),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.dictionary(keys, values).map((line) => JSON.stringify(line)),
        fc.json(),
        fc.string(),
      ),
      (line) => {
        assert.equal(typeof parseLine(line).e, 'string');
      },
    ),
    { numRuns },
  );
});

test('any lines behind a header keep the promises of a source', async () => {
  const line = fc.record(
    {
      t: fc.integer({ min: 0, max: 50 }).map(String),
      c: fc.integer({ min: 0, max: 4 }),
      e: fc.constantFrom('open', 'data', 'data', 'gap', 'end', 'close', 'refused', 'kernel', 'other'),
      d: fc.constantFrom('request', 'response', 'both'),
      b: fc.base64String({ maxLength: 40 }),
      o: fc.oneof(fc.nat(100), fc.constantFrom(Number.MAX_SAFE_INTEGER, -1, 0.5)),
      n: fc.oneof(fc.nat(100), fc.constantFrom(Number.MAX_SAFE_INTEGER)),
      k: fc.string(),
      joined: fc.boolean(),
      capture: fc.constant(1),
    },
    { requiredKeys: ['t', 'c', 'e', 'd'], noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 30 }), pieces, async (lines, length) =>
      readAny(Buffer.from([header, ...lines.map((each) => JSON.stringify(each))].join('\n')), length),
    ),
    { numRuns },
  );
});

test('a damaged capture is read without a throw, compressed or not', async () => {
  const recorded = gunzipSync(fixture('kubelet-1.37-giveup-gate-v1alpha2-3-starts'));
  await fc.assert(
    fc.asyncProperty(
      damages,
      pieces,
      fc.boolean(),
      fc.boolean(),
      async (wounds, length, compressed, twice) => {
        const whole = compressed ? gzipSync(recorded) : recorded;
        await readAny(damaged(twice ? Buffer.concat([whole, whole]) : whole, wounds), length);
      },
    ),
    { numRuns },
  );
});

test('any bytes are read without a throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), pieces, fc.boolean(), async (bytes, length, head) =>
      readAny(head ? Buffer.concat([Buffer.from([0x1f, 0x8b, 0x08]), bytes]) : bytes, length),
    ),
    { numRuns },
  );
});

test('any sequence of events survives writing and reading', async () => {
  await fc.assert(
    fc.asyncProperty(sequences, pieces, fc.boolean(), async (events, length, compressed) => {
      const text = encode(events);
      const read = await readBytes(compressed ? gzipSync(text) : text, length);
      assert.deepEqual(read.events, events);
    }),
    { numRuns },
  );
});
