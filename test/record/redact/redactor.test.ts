import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { Call } from '../../../src/calls/call.ts';
import { loadSchema } from '../../../src/cri/schema.ts';
import { systemClock } from '../../../src/foundation/clock.ts';
import { createPipeline } from '../../../src/pipeline.ts';
import { createCriRewriter } from '../../../src/record/redact/cri-rewriter.ts';
import { defaultRedactLimits, type RedactLimits } from '../../../src/record/redact/limits.ts';
import { createRedactor } from '../../../src/record/redact/redactor.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { createReplay } from '../../../src/source/replay.ts';
import { frame } from '../../http2/wire.ts';

const schema = loadSchema();
const folder = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
const captures = readdirSync(folder).filter(
  (name) => name.endsWith('.jsonl.gz') && !name.endsWith('.truth.jsonl.gz'),
);

const eventsOf = async (name: string): Promise<SourceEvent[]> => {
  const replay = await createReplay({ input: `${folder}${name}`, pace: null, clock: systemClock() });
  const events: SourceEvent[] = [];
  for await (const batch of replay.events()) {
    for (const event of batch) {
      events.push(event.kind === 'data' ? { ...event, bytes: Uint8Array.from(event.bytes) } : event);
    }
  }
  return events;
};

const redact = (events: readonly SourceEvent[], limits: RedactLimits = defaultRedactLimits) => {
  const redactor = createRedactor({ rewriterOf: createCriRewriter(schema), limits });
  const out = events.flatMap((event) => redactor.push(event));
  return { events: [...out, ...redactor.finish()], counters: redactor.counters };
};

const callsOf = (events: readonly SourceEvent[]): Call[] => {
  const pipeline = createPipeline({ schema, full: false });
  const calls = new Map<string, Call>();
  for (const finding of [...events.flatMap((event) => pipeline.push(event)), ...pipeline.finish()]) {
    if (finding.kind === 'call') calls.set(`${finding.call.connection}/${finding.call.stream}`, finding.call);
  }
  return [...calls.values()];
};

/** Without what redaction is there to change: words of commands, of which a call keeps the digest, and texts. */
const unredacted = (call: Call): Call => ({
  ...call,
  facts: { ...call.facts, commandDigest: null },
  result: { ...call.result, statusMessage: null },
});

const overwrittenOf = (events: readonly SourceEvent[]): number =>
  events.reduce((sum, event) => sum + (event.kind === 'data' ? (event.overwritten ?? 0) : 0), 0);

/** Everything on a connection's two directions, whatever it was cut into. */
const transcript = (events: readonly SourceEvent[]): string =>
  Buffer.concat(events.map((event) => (event.kind === 'data' ? event.bytes : Buffer.alloc(0)))).toString(
    'latin1',
  );

for (const name of captures) {
  test(`${name}: redacted, it decodes to the same calls`, async () => {
    const events = await eventsOf(name);
    const redacted = redact(events);
    assert.equal(redacted.counters.blocksOverwritten, 0);
    assert.equal(redacted.counters.directionsOverwritten, 0);
    assert.equal(redacted.counters.gaveUp, 0);
    assert.equal(overwrittenOf(redacted.events), 0);
    assert.ok(redacted.counters.messagesRedacted > 0);

    const before = callsOf(events);
    const after = callsOf(redacted.events);
    assert.deepEqual(after.map(unredacted), before.map(unredacted));
    // Status texts hold nothing secret in these captures, but for what the scrubber takes out anyway.
    const changed = after.filter(
      (call, at) => call.result.statusMessage !== before[at]?.result.statusMessage,
    );
    assert.deepEqual(
      changed.map((call) => call.result.statusMessage),
      [],
    );

    assert.notEqual(transcript(redacted.events), transcript(events));
    assert.equal(transcript(redacted.events).length, transcript(events).length);
    // Mount paths, commands and annotations of the recorded pods.
    for (const secret of ['/var/lib/kubelet/pods/', 'last-applied-configuration', '/bin/sh']) {
      assert.ok(!transcript(redacted.events).includes(secret), secret);
    }
  });
}

const smallCapture = 'pod-lifecycle-c16-crictl1.36.jsonl.gz';

/** The same bytes in other pieces: cut at the given places, which are taken modulo each event's length. */
const recut = (events: readonly SourceEvent[], cuts: readonly number[]): SourceEvent[] => {
  let next = 0;
  return events.flatMap((event): SourceEvent[] => {
    if (event.kind !== 'data' || event.bytes.length < 2) return [event];
    const cut = 1 + ((cuts[next++ % cuts.length] ?? 0) % (event.bytes.length - 1));
    return [
      { ...event, bytes: event.bytes.slice(0, cut) },
      { ...event, bytes: event.bytes.slice(cut) },
    ];
  });
};

test('however the bytes are cut, the redacted bytes are the same', async () => {
  const events = await eventsOf(smallCapture);
  const expected = transcript(redact(events).events);
  fc.assert(
    fc.property(fc.array(fc.nat(20_000), { minLength: 1, maxLength: 50 }), (cuts) => {
      assert.equal(transcript(redact(recut(events, cuts)).events), expected);
    }),
    { numRuns: 20 },
  );
});

test('events leave in their order, and all of them', async () => {
  const events = await eventsOf(smallCapture);
  const shape = (event: SourceEvent) => `${event.kind} ${event.seen.at}`;
  assert.deepEqual(redact(events).events.map(shape), events.map(shape));
});

test('a message that does not fit the bound is overwritten whole, counted and marked', async () => {
  const events = await eventsOf(smallCapture);
  const { counters, events: redacted } = redact(events, { ...defaultRedactLimits, maxMessageBytes: 100 });
  assert.ok(counters.messagesOverwritten > 0);
  assert.ok(overwrittenOf(redacted) > 0);
  const sizes = (calls: readonly Call[]) => calls.map(({ result }) => [result.request, result.response]);
  assert.deepEqual(sizes(callsOf(redacted)), sizes(callsOf(events)));
});

test('nothing waits beyond the bounds of the hold', async () => {
  const events = await eventsOf(smallCapture);
  const { counters, events: redacted } = redact(events, { ...defaultRedactLimits, maxHeldBytes: 0 });
  assert.equal(redacted.length, events.length);
  // With nothing held, whatever spans two reads is given up.
  assert.equal(counters.gaveUp > 0, counters.messagesOverwritten + counters.blocksOverwritten > 0);
});

test('a connection joined late is overwritten whole', async () => {
  const events = (await eventsOf(smallCapture)).map((event) =>
    event.kind === 'open' ? { ...event, joined: true } : event,
  );
  const redacted = redact(events).events;
  const bytes = events.reduce((sum, event) => sum + (event.kind === 'data' ? event.bytes.length : 0), 0);
  assert.equal(overwrittenOf(redacted), bytes);
  assert.match(transcript(redacted), /^\0*$/);
});

test('after a gap nothing is passed on that could not be decoded, and nothing throws', async () => {
  const events = await eventsOf(smallCapture);
  const secret = Buffer.from('/var/lib/kubelet');
  fc.assert(
    fc.property(fc.nat(events.length - 1), fc.integer({ min: 1, max: 400 }), (at, length) => {
      const broken = events.flatMap((event, index): SourceEvent[] => {
        if (index !== at || event.kind !== 'data') return [event];
        const kept = event.bytes.slice(Math.min(length, event.bytes.length));
        const { bytes, ...place } = event;
        return [
          { ...place, kind: 'gap', length: bytes.length - kept.length },
          { ...event, bytes: kept },
        ];
      });
      const text = transcript(redact(broken).events);
      assert.ok(!text.includes(secret.toString('latin1')));
    }),
    { numRuns: 60 },
  );
});

test('what only looks like a frame is overwritten with all that follows, and marked', () => {
  const seen = { at: 1n, sentAt: null };
  const nobody = { pid: null, pidStart: null, uid: null, comm: null, cgroup: null };
  const open: SourceEvent = {
    kind: 'open',
    connection: 1,
    seen,
    endpoint: '/run/x.sock',
    client: nobody,
    server: nobody,
    joined: false,
  };
  const response = (bytes: Uint8Array): SourceEvent => ({
    kind: 'data',
    connection: 1,
    seen,
    direction: 'response',
    bytes,
  });
  const secret = Buffer.from('secret'.repeat(100));
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['settings of a length that is none', frame(4, 0, 0, secret.subarray(0, 37))],
    ['settings longer than any', frame(4, 0, 0, secret)],
    ['settings of a stream', frame(4, 0, 1, secret.subarray(0, 6))],
    ['a window of another length', frame(8, 0, 0, secret)],
    ['a reset of another length', frame(3, 0, 1, secret)],
    ['a priority of another length', frame(2, 0, 1, secret)],
    ['data of no stream', frame(0, 0, 0, secret)],
    ['a frame of an unknown type', frame(0x33, 0, 1, secret)],
  ];
  for (const [what, bytes] of cases) {
    const { events } = redact([open, response(frame(4, 0, 0)), response(bytes)]);
    assert.ok(!transcript(events).includes('secret'), what);
    assert.ok(overwrittenOf(events) >= 6, what);
  }
});

test('arbitrary bytes on a connection are overwritten, and nothing throws', () => {
  const open: SourceEvent = {
    kind: 'open',
    connection: 1,
    seen: { at: 1n, sentAt: null },
    endpoint: '/run/x.sock',
    client: { pid: null, pidStart: null, uid: null, comm: null, cgroup: null },
    server: { pid: null, pidStart: null, uid: null, comm: null, cgroup: null },
    joined: false,
  };
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          direction: fc.constantFrom('request', 'response'),
          bytes: fc.uint8Array({ maxLength: 300 }),
        }),
      ),
      (pieces) => {
        const data = pieces.map(
          ({ direction, bytes }): SourceEvent => ({ ...open, kind: 'data', direction, bytes }),
        );
        const redacted = redact([open, ...data]).events;
        assert.equal(redacted.length, data.length + 1);
        assert.equal(transcript(redacted).length, transcript(data).length);
      },
    ),
  );
});
