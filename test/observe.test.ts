import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../src/calls/finding.ts';
import { loadSchema } from '../src/cri/schema.ts';
import { noSpans, observe } from '../src/observe.ts';
import type { Pipeline } from '../src/pipeline.ts';
import { createPipeline } from '../src/pipeline.ts';
import type { SourceEvent } from '../src/source/event.ts';
import { unknownPeer } from '../src/source/process.ts';
import type { Source } from '../src/source/source.ts';

const seen = { at: 1n, sentAt: null };
const open = (connection: number): SourceEvent => ({
  kind: 'open',
  connection,
  seen,
  endpoint: '/r.sock',
  client: unknownPeer,
  server: unknownPeer,
  joined: true,
});
const data = (connection: number): SourceEvent => ({
  kind: 'data',
  connection,
  seen,
  direction: 'request',
  bytes: Buffer.from('x'),
});
const close = (connection: number): SourceEvent => ({ kind: 'close', connection, seen });

const sourceOf = (events: readonly SourceEvent[]): Source => ({
  identity: 'test',
  async *events() {
    yield events;
  },
  stop: async () => undefined,
});

/** A real pipeline whose decoder has a bug that the data of one connection brings out. */
const faultyPipeline = (connection: number, pushed: SourceEvent[]): Pipeline => {
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  return {
    ...pipeline,
    push(event) {
      pushed.push(event);
      if (event.kind === 'data' && event.connection === connection) throw new Error('a bug');
      return pipeline.push(event);
    },
  };
};

const events = [open(1), open(2), data(1), data(1), data(2), close(1), close(2)];

test('a fault costs the rest of its connection and nothing else', async () => {
  const pushed: SourceEvent[] = [];
  const faults: (number | null)[] = [];
  const found: Finding[] = [];
  const pipeline = faultyPipeline(1, pushed);
  for await (const batch of observe(sourceOf(events), pipeline, noSpans, {
    onFault: (_, at) => faults.push(at),
  }))
    found.push(...batch.map(({ finding }) => finding));
  assert.deepEqual(faults, [1]);
  assert.deepEqual(
    pushed.map((event) => ('connection' in event ? `${event.kind} ${event.connection}` : event.kind)),
    ['open 1', 'open 2', 'data 1', 'data 2', 'close 1', 'close 2'],
  );
  assert.equal(pipeline.counters.source.openNow, 0);
  assert.equal(found.length, 2);
});

test('where nobody contains it, a fault is thrown', async () => {
  await assert.rejects(async () => {
    for await (const batch of observe(sourceOf(events), faultyPipeline(1, []), noSpans)) assert.ok(batch);
  }, /a bug/);
});
