import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../src/foundation/clock.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { createReplay, type Replay } from '../../src/source/replay.ts';
import { captureFixtures, encode, fixture, inPieces, readBytes } from './capture/recordings.ts';

const all = async (replay: Replay): Promise<SourceEvent[]> => {
  const events: SourceEvent[] = [];
  for await (const batch of replay.events()) events.push(...batch);
  return events;
};

const openings = (gapNs: bigint, count: number): Buffer =>
  encode(
    Array.from({ length: count }, (_, at) => ({
      kind: 'kernel',
      seen: { at: 1000n + BigInt(at) * gapNs, sentAt: null },
      event: { kind: 'lost', records: at },
    })),
  );

const replayOf = (bytes: Buffer, pace: number | null, clock: Clock = systemClock()): Promise<Replay> =>
  createReplay({ input: { stream: inPieces(bytes, 100), name: 'test' }, pace, clock });

test('the same file gives the same events under the same name', async () => {
  const [path = ''] = captureFixtures;
  const [a, b] = await Promise.all(
    [1, 2].map(() => createReplay({ input: path, pace: null, clock: systemClock() })),
  );
  assert.ok(a !== undefined && b !== undefined, 'two replays');
  assert.equal(a.identity, b.identity);
  assert.match(a.identity, /^capture:[0-9a-f]{64}$/);
  assert.deepEqual(await all(a), await all(b));
  const other = await replayOf(fixture('kubelet-1.37-giveup-gate-v1alpha2-3-starts'), null);
  assert.notEqual(other.identity, a.identity);
});

test('at a pace every event comes when its time has come, and not before', async () => {
  for (const pace of [1, 4]) {
    const clock = systemClock();
    const replay = await replayOf(openings(20_000_000n, 4), pace, clock);
    const arrivals: number[] = [];
    for await (const batch of replay.events()) {
      assert.equal(batch.length, 1);
      arrivals.push(Number(clock.monotonic()) / 1e6);
    }
    const [first = 0] = arrivals;
    for (const [at, arrival] of arrivals.entries())
      assert.ok(
        arrival - first >= (at * 20) / pace - 2,
        `event ${at} after ${arrival - first} ms at pace ${pace}`,
      );
  }
});

test('stopping ends the wait for an event that is an hour away', async () => {
  const replay = await replayOf(openings(3_600_000_000_000n, 3), 1);
  const iterator = replay.events()[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).done, false);
  const next = iterator.next();
  await replay.stop();
  assert.equal((await next).done, true);
});

test('stopping ends a replay at full speed after the batch at hand', async () => {
  const bytes = fixture('kubelet-1.37-containerd-2.4');
  const whole = (await readBytes(bytes)).events.length;
  const replay = await replayOf(bytes, null);
  let seen = 0;
  for await (const batch of replay.events()) {
    seen += batch.length;
    await replay.stop();
  }
  assert.ok(seen < whole, `${seen} of ${whole} events`);
});
