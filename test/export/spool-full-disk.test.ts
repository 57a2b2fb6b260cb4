import assert from 'node:assert/strict';
import { statSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import {
  assertBalance,
  createFakeCollector,
  segments,
  spansOf,
  startSpool,
  unavailable,
  withDirectory,
} from '../support/a-spool.ts';
import { eventually } from '../support/manual-timers.ts';

/** Whatever line comes next, its segment has no room. */
const fill = (directory: string): void => {
  for (let first = 0; first < 100; first++)
    symlinkSync('/dev/full', join(directory, `${String(first).padStart(16, '0')}.jsonl`));
};

const clear = (directory: string): void => {
  for (const name of segments(directory)) unlinkSync(join(directory, name));
};

test('a disk that is full: tried again now and then, nothing left lying about, nothing lost once there is room', () =>
  withDirectory(async (directory) => {
    const collector = createFakeCollector();
    collector.answer = unavailable;
    const { spool, counters, timers, told } = await startSpool(directory, {}, collector);
    fill(directory);
    for (let n = 0; n < 600; n++) {
      spool.offer(spansOf(n));
      await timers.advance(100);
    }
    assert.ok(
      counters.spoolErrors >= 10 && counters.spoolErrors <= 14,
      `${counters.spoolErrors} writes failed`,
    );
    assert.equal(counters.spoolBytes, 0);
    assert.equal(told.filter((line) => /error: spool: ENOSPC/.test(line)).length, 1);
    assert.equal(counters.spooledSpans, 1_200);

    clear(directory);
    await eventually(timers, () => counters.spoolBytes > 0);
    assert.ok(segments(directory).every((name) => statSync(join(directory, name)).size > 0));
    await spool.close();
    assert.equal(counters.droppedAtShutdown, 0);
    assertBalance(counters);
    const again = await startSpool(directory);
    assert.equal(again.counters.recovered, 1_200);
    await again.spool.close();
  }));

test('a disk that is full at the end: what was in memory only is counted as lost, and said', () =>
  withDirectory(async (directory) => {
    const collector = createFakeCollector();
    collector.answer = unavailable;
    const { spool, counters, timers, told } = await startSpool(directory, {}, collector);
    fill(directory);
    for (let n = 0; n < 50; n++) spool.offer(spansOf(n));
    await timers.advance(60_000);
    await spool.close();
    assert.equal(counters.droppedAtShutdown, 100);
    assert.equal(counters.spooledSpans, 0);
    assert.ok(told.includes('warn: spool: 100 spans were in memory only at the end, and are lost'));
    assertBalance(counters);
    clear(directory);
    assert.equal((await startSpool(directory)).counters.lostInCrash, 0);
  }));
