import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SourceEvent } from '../../../src/source/event.ts';
import { unknownPeer } from '../../../src/source/process.ts';
import {
  createProxyCounters,
  defaultProxyLimits,
  type ProxyLimits,
} from '../../../src/source/proxy/limits.ts';
import { createObservationQueue } from '../../../src/source/proxy/queue.ts';

const seen = { at: 1n, sentAt: null };

const queueWith = (limits: Partial<ProxyLimits>) => {
  const counters = createProxyCounters();
  const queue = createObservationQueue({ ...defaultProxyLimits, ...limits }, counters);
  const open = (connection: number) => queue.open(connection, seen, '/r', unknownPeer, unknownPeer);
  const data = (connection: number, text: string) =>
    queue.data(connection, seen, 'request', Buffer.from(text));
  return { queue, counters, open, data };
};

const short = (events: readonly SourceEvent[]): string =>
  events
    .map((event) => {
      if (event.kind === 'data') return Buffer.from(event.bytes).toString();
      return event.kind === 'gap' ? `gap ${event.length}` : event.kind;
    })
    .join(', ');

const drained = async (queue: { batches(): AsyncIterable<readonly SourceEvent[]> }) => {
  const events: SourceEvent[] = [];
  for await (const batch of queue.batches()) events.push(...batch);
  return events;
};

test('past the bound the observer loses data, and learns how much in its place', async () => {
  const { queue, counters, open, data } = queueWith({ maxQueuedBytes: 5, maxBatchEvents: 2 });
  open(1);
  for (const text of ['abc', 'def', 'gh', 'ij']) data(1, text);
  queue.end(1, seen, 'request');
  data(1, 'klm');
  queue.close(1, seen);
  queue.stop();
  assert.equal(short(await drained(queue)), 'open, abc, gap 3, gh, gap 2, end, gap 3, close');
  assert.equal(counters.lostBytes, 8);
});

test('a loss that nothing follows is told as soon as the observer has caught up', async () => {
  const { queue, open, data } = queueWith({ maxQueuedBytes: 3 });
  open(1);
  data(1, 'abc');
  data(1, 'def');
  const iterator = queue.batches()[Symbol.asyncIterator]();
  const events: SourceEvent[] = [];
  while (events.at(-1)?.kind !== 'gap') {
    const next = await iterator.next();
    assert.equal(next.done, false);
    events.push(...(next.value ?? []));
  }
  assert.equal(short(events), 'open, abc, gap 3');
  data(1, 'ghi');
  const next = await iterator.next();
  assert.equal(short(next.value ?? []), 'ghi');
});

test('a connection that the observer was too far behind to hear of is left out whole', async () => {
  const { queue, counters, open, data } = queueWith({ maxQueuedEvents: 2 });
  open(1);
  data(1, 'a');
  open(2);
  data(2, 'bcd');
  queue.end(2, seen, 'request');
  queue.close(2, seen);
  queue.close(1, seen);
  queue.stop();
  assert.equal(short(await drained(queue)), 'open, a, close');
  assert.equal(counters.unobservedConnections, 1);
  assert.equal(counters.unobservedBytes, 3);
});

test('the bytes given are a copy', async () => {
  const { queue, open } = queueWith({});
  open(1);
  const bytes = Buffer.from('on the way');
  queue.data(1, seen, 'request', bytes);
  queue.stop();
  for (const event of await drained(queue)) if (event.kind === 'data') event.bytes.fill(0);
  assert.equal(bytes.toString(), 'on the way');
});

test('after an observer that gave up nothing is kept', async () => {
  const { queue, counters, open, data } = queueWith({});
  open(1);
  data(1, 'abc');
  await assert.rejects(async () => {
    for await (const _ of queue.batches()) throw new Error('observer');
  }, /observer/);
  data(1, 'defg');
  open(2);
  queue.close(1, seen);
  queue.stop();
  assert.equal(counters.unobservedBytes, 4);
  assert.equal(counters.unobservedConnections, 1);
});

test('seen and lost bytes add up, whatever the bounds and the observer’s pace', async () => {
  const step = fc.record({
    connection: fc.integer({ min: 1, max: 3 }),
    direction: fc.constantFrom('request', 'response'),
    length: fc.integer({ min: 1, max: 40 }),
    take: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 4, max: 30 }),
      async (steps, maxQueuedBytes, maxQueuedEvents) => {
        const { queue, counters } = queueWith({ maxQueuedBytes, maxQueuedEvents, maxBatchEvents: 3 });
        for (const connection of [1, 2, 3]) queue.open(connection, seen, '/r', unknownPeer, unknownPeer);
        const iterator = queue.batches()[Symbol.asyncIterator]();
        const events: SourceEvent[] = [];
        const taken: Promise<IteratorResult<readonly SourceEvent[]>>[] = [];
        const sent: Record<string, number> = {};
        for (const { connection, direction, length, take } of steps) {
          queue.data(connection, seen, direction, Buffer.alloc(length));
          const key = `${connection} ${direction}`;
          sent[key] = (sent[key] ?? 0) + length;
          if (!take) continue;
          taken.push(iterator.next());
          await new Promise((resolve) => setImmediate(resolve));
        }
        for (const connection of [1, 2, 3]) queue.close(connection, seen);
        queue.stop();
        for (const next of taken) events.push(...((await next).value ?? []));
        for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
          events.push(...next.value);
        const told: Record<string, number> = {};
        let lost = 0;
        for (const event of events) {
          if (event.kind !== 'data' && event.kind !== 'gap') continue;
          const key = `${event.connection} ${event.direction}`;
          const length = event.kind === 'data' ? event.bytes.length : event.length;
          told[key] = (told[key] ?? 0) + length;
          if (event.kind === 'gap') lost += length;
        }
        assert.deepEqual(told, sent);
        assert.equal(lost, counters.lostBytes);
      },
    ),
    { numRuns: 200 },
  );
});
