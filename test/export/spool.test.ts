import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import {
  assertBalance,
  createFakeCollector,
  segments,
  sent,
  spansOf,
  startSpool,
  unavailable,
  withDirectory,
} from '../support/a-spool.ts';
import { eventually } from '../support/manual-timers.ts';

const ids = (collector: { got: readonly { spanId: string }[] }): Set<string> =>
  new Set(collector.got.map(({ spanId }) => spanId));

test('a collector that is there gets everything, and nothing stays on disk', () =>
  withDirectory(async (directory) => {
    const { spool, collector, counters, timers } = await startSpool(directory);
    for (let n = 0; n < 100; n++) spool.offer(spansOf(n));
    await timers.advance(2_000);
    assert.equal(ids(collector).size, 200);
    assert.equal(counters.delivered, 200);
    await spool.close();
    assert.deepEqual(segments(directory), []);
    assertBalance(counters);
  }));

test('away for ten minutes at 34 calls/s with a restart in between: nothing is lost, nothing twice', () =>
  withDirectory(async (directory) => {
    const collector = createFakeCollector();
    collector.answer = unavailable;
    const limits = { memorySpans: 2_000 };
    const first = await startSpool(directory, limits, collector);
    let call = 0;
    const fiveSeconds = async ({ spool, timers }: typeof first): Promise<void> => {
      for (let n = 0; n < 5 * 34; n++) spool.offer(spansOf(call++));
      await timers.advance(5_000);
    };
    for (let s = 0; s < 300; s += 5) await fiveSeconds(first);
    assert.equal(first.spool.collector(), 'away');
    assert.ok(first.counters.retries > 8 && first.counters.retries < 60, `${first.counters.retries} retries`);
    await first.spool.close();
    assertBalance(first.counters);

    const again = await startSpool(directory, limits, collector);
    assert.equal(again.counters.recovered, 300 * 68);
    assert.equal(again.counters.lostInCrash, 0);
    for (let s = 0; s < 300; s += 5) await fiveSeconds(again);
    collector.answer = sent;
    await eventually(again.timers, () => again.counters.spooledSpans === 0);
    assert.equal(collector.got.length, 600 * 68);
    assert.equal(ids(collector).size, 600 * 68);
    assert.equal(again.spool.collector(), 'up');
    await again.spool.close();
    assert.deepEqual(segments(directory), []);
    assertBalance(again.counters);
  }));

test('spans come back from disk as they went in', () =>
  withDirectory(async (directory) => {
    const collector = createFakeCollector();
    collector.answer = unavailable;
    const first = await startSpool(directory, {}, collector);
    first.spool.offer(spansOf(1));
    await first.spool.close();
    collector.answer = sent;
    const again = await startSpool(directory, {}, collector);
    await again.spool.flush();
    assert.deepEqual(collector.got, spansOf(1));
    await again.spool.close();
  }));

test('killed before it could write: the next start counts exactly what was lost', () =>
  withDirectory(async (directory) => {
    const collector = createFakeCollector();
    collector.answer = unavailable;
    const killed = await startSpool(directory, {}, collector);
    for (let n = 0; n < 10; n++) killed.spool.offer(spansOf(n));
    await killed.timers.advance(900);
    for (let n = 10; n < 13; n++) killed.spool.offer(spansOf(n));
    // A killed process leaves its lock behind, with the start time of a process that is gone.
    writeFileSync(join(directory, 'lock'), `${process.pid} 1\n`);

    collector.answer = sent;
    const next = await startSpool(directory, {}, collector);
    assert.equal(next.counters.recovered, 20);
    assert.equal(next.counters.lostInCrash, 6);
    assert.ok(next.told.some((line) => line.includes('lost 6 spans')));
    await next.spool.flush();
    assert.equal(ids(collector).size, 20);
    await next.spool.close();

    const third = await startSpool(directory, {}, collector);
    assert.equal(third.counters.lostInCrash, 0);
    await third.spool.close();
    await killed.spool.close();
  }));

test('torn and broken segments: what can be read is delivered, the rest is counted', () =>
  withDirectory(async (directory) => {
    const collector = createFakeCollector();
    collector.answer = unavailable;
    const first = await startSpool(directory, { requestSpans: 2 }, collector);
    for (let n = 0; n < 5; n++) first.spool.offer(spansOf(n));
    await first.spool.close();
    const [segment] = segments(directory);
    assert.ok(segment);
    const path = join(directory, segment);
    const lines = readFileSync(path, 'utf8').split('\n');
    const second = lines[1] ?? '';
    lines[1] = `${second.slice(0, 10)}}${second.slice(11)}`;
    writeFileSync(path, lines.join('\n'));
    truncateSync(path, statSync(path).size - 100);

    collector.answer = sent;
    const next = await startSpool(directory, {}, collector);
    assert.ok(next.counters.tornBytes > 100);
    assert.equal(next.counters.recovered, 8);
    assert.equal(next.counters.lostInCrash, 2);
    await next.spool.flush();
    assert.equal(next.counters.droppedCorrupt, 2);
    assert.equal(ids(collector).size, 6);
    await next.spool.close();
    assertBalance(next.counters);
  }));

test('the disk bound: the oldest segments go, and are counted', () =>
  withDirectory(async (directory) => {
    const collector = createFakeCollector();
    collector.answer = unavailable;
    const limits = { diskBytes: 100_000, requestSpans: 10, memorySpans: 100 };
    const { spool, counters, timers } = await startSpool(directory, limits, collector);
    for (let n = 0; n < 400; n++) {
      spool.offer(spansOf(n));
      await timers.advance(50);
    }
    assert.ok(counters.droppedSpoolFull > 300);
    const bytes = segments(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    assert.ok(bytes <= 100_000, `${bytes} bytes`);
    assert.equal(counters.spoolBytes, bytes);
    collector.answer = sent;
    await eventually(timers, () => counters.spooledSpans === 0);
    assert.ok(ids(collector).has(spansOf(399)[0]?.spanId ?? ''), 'the newest arrive');
    assert.equal(counters.spooledSpans, 0);
    await spool.close();
    assertBalance(counters);
  }));

test('memory only: the oldest go at the bound, and what is left at the end is counted', async () => {
  const collector = createFakeCollector();
  collector.answer = unavailable;
  const { spool, counters, timers } = await startSpool(
    null,
    { requestSpans: 10, memorySpans: 40 },
    collector,
  );
  for (let n = 0; n < 50; n++) {
    spool.offer(spansOf(n));
    await timers.advance(10);
  }
  assert.ok(
    counters.droppedQueueFull >= 50 && counters.droppedQueueFull <= 70,
    `${counters.droppedQueueFull}`,
  );
  await spool.close();
  assert.ok(counters.droppedAtShutdown >= 30);
  assertBalance(counters);
});

test('an answer that is not to be retried drops the request and says so once', async () => {
  const collector = createFakeCollector();
  collector.answer = { kind: 'refused', reason: '7 PERMISSION_DENIED' };
  const { spool, counters, timers, told } = await startSpool(null, {}, collector);
  for (let n = 0; n < 3; n++) {
    spool.offer(spansOf(n));
    await timers.advance(1_100);
  }
  assert.equal(counters.droppedRefused, 6);
  assert.equal(told.filter((line) => line.includes('PERMISSION_DENIED')).length, 1);
  assert.equal(spool.collector(), 'refusing');
  await spool.close();
  assertBalance(counters);
});

test('a partial success is counted, a delay asked for is kept', async () => {
  const collector = createFakeCollector();
  const { spool, counters, timers } = await startSpool(null, {}, collector);
  collector.answer = { kind: 'sent', rejected: 1, reason: 'too old' };
  spool.offer(spansOf(0));
  await timers.advance(1_100);
  assert.deepEqual([counters.delivered, counters.rejected], [1, 1]);

  collector.answer = { kind: 'retry', afterMs: 45_000, reason: 'RESOURCE_EXHAUSTED' };
  spool.offer(spansOf(1));
  await timers.advance(1_100);
  collector.answer = sent;
  await timers.advance(43_000);
  assert.equal(counters.delivered, 1);
  await timers.advance(3_000);
  assert.equal(counters.delivered, 3);
  await spool.close();
});

test('a request holds no more than it may, and a span too large for any is dropped', async () => {
  const collector = createFakeCollector();
  const sizes: number[] = [];
  const counted = {
    ...collector,
    send: (spans: Parameters<typeof collector.send>[0]) => {
      sizes.push(spans.length);
      return collector.send(spans);
    },
  };
  const { spool, counters } = await startSpool(null, { requestSpans: 7, requestBytes: 40_000 }, counted);
  for (let n = 0; n < 20; n++) spool.offer(spansOf(n));
  const [span] = spansOf(0);
  assert.ok(span);
  spool.offer([{ ...span, name: 'x'.repeat(40_000) }]);
  await spool.flush();
  assert.ok(sizes.every((size) => size <= 7));
  assert.equal(counters.delivered, 40);
  assert.equal(counters.droppedTooLarge, 1);
  await spool.close();
  assertBalance(counters);
});

test('a collector that never answers does not hold up the end; its spans are sent by the next run', () =>
  withDirectory(async (directory) => {
    const collector = createFakeCollector();
    collector.answer = 'never';
    const first = await startSpool(directory, {}, collector);
    first.spool.offer(spansOf(0));
    const closing = first.spool.close();
    await first.timers.advance(5_000);
    await closing;
    collector.answer = sent;
    const next = await startSpool(directory, {}, collector);
    await next.spool.flush();
    assert.equal(ids(collector).size, 2);
    await next.spool.close();
  }));

test('two agents do not share a spool', () =>
  withDirectory(async (directory) => {
    const first = await startSpool(directory);
    const second = await startSpool(directory);
    assert.equal(second.counters.spoolErrors, 1);
    assert.ok(second.told.some((line) => line.includes(`in use by process ${process.pid}`)));
    second.spool.offer(spansOf(0));
    await second.spool.flush();
    assert.equal(second.counters.delivered, 2);
    await second.spool.close();
    await first.spool.close();
  }));

test('a folder that cannot be used: memory only, and a warning', () =>
  withDirectory(async (directory) => {
    appendFileSync(join(directory, 'file'), '');
    const { spool, counters, told } = await startSpool(join(directory, 'file', 'spool'));
    assert.equal(counters.spoolErrors, 1);
    assert.ok(told.some((line) => line.includes('cannot be used')));
    spool.offer(spansOf(0));
    await spool.flush();
    assert.equal(counters.delivered, 2);
    await spool.close();
  }));

test('files of the spool are for their owner only', () =>
  withDirectory(async (directory) => {
    const collector = createFakeCollector();
    collector.answer = unavailable;
    const { spool } = await startSpool(join(directory, 'spool'), {}, collector);
    spool.offer(spansOf(0));
    await spool.close();
    const at = join(directory, 'spool');
    assert.equal(statSync(at).mode & 0o777, 0o700);
    for (const name of readdirSync(at)) assert.equal(statSync(join(at, name)).mode & 0o777, 0o600, name);
  }));

test('a replay waits for room instead of losing spans', () =>
  withDirectory(async (directory) => {
    const { spool, counters, collector } = await startSpool(directory, { requestSpans: 10, memorySpans: 40 });
    for (let n = 0; n < 200; n++) {
      await spool.ready();
      spool.offer(spansOf(n));
    }
    await spool.flush();
    assert.equal(ids(collector).size, 400);
    await spool.close();
    assertBalance(counters);
  }));

test('a disk bound of nothing: memory only, no file', () =>
  withDirectory(async (directory) => {
    const { spool, counters } = await startSpool(join(directory, 'spool'), { diskBytes: 0 });
    spool.offer(spansOf(0));
    await spool.flush();
    assert.equal(counters.delivered, 2);
    await spool.close();
    assert.deepEqual(readdirSync(directory), []);
  }));

test('limits that change while it runs count from then on: spans of a request, spans in memory, bytes on disk', () =>
  withDirectory(async (directory) => {
    const collector = createFakeCollector();
    collector.answer = unavailable;
    const limits = { requestSpans: 10, memorySpans: 100, diskBytes: 400_000 };
    const { spool, counters, timers } = await startSpool(directory, limits, collector);
    for (let n = 0; n < 100; n++) spool.offer(spansOf(n));
    await timers.advance(2_000);
    assert.equal(counters.droppedSpoolFull, 0);
    limits.diskBytes = 100_000;
    spool.offer(spansOf(100));
    await eventually(timers, () => counters.droppedSpoolFull > 0);
    assert.ok(counters.spoolBytes <= 100_000, `${counters.spoolBytes}`);

    limits.requestSpans = 2;
    collector.answer = sent;
    await timers.advance(60_000);
    const before = counters.requests;
    for (let n = 200; n < 210; n++) spool.offer(spansOf(n));
    await timers.advance(2_000);
    assert.equal(counters.requests - before, 10);
    assert.equal(counters.spooledSpans, 0);
    assertBalance(counters);
    await spool.close();
  }));
