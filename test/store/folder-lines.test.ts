import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, rename, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { createExportCounters } from '../../src/export/counters.ts';
import { defaultFileLimits, openFileSink } from '../../src/export/file.ts';
import { aCall } from '../support/a-call.ts';
import { otlpLine, spansOf } from '../support/a-spool.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createManualTimers } from '../support/manual-timers.ts';
import { aSpan } from './a-span.ts';
import { callLine, openStore, podsIn } from './a-store.ts';

const older = 'traces-20261124T031105.123456789Z.jsonl';
const newer = 'traces-20261124T041105.123456789Z.jsonl';

const pods = (...numbers: readonly number[]): string[] => numbers.map((n) => `default/pod-${n}`);

it('a folder is read from its oldest file to the one that is open', async (test) => {
  const folder = await temporaryFolder(test);
  await writeFile(join(folder, 'traces.jsonl'), callLine(2));
  await writeFile(join(folder, newer), callLine(1));
  await writeFile(join(folder, older), callLine(0));
  await writeFile(join(folder, 'notes.txt'), 'not of the store');
  await mkdir(join(folder, 'folder.jsonl'));
  const store = await openStore(folder);
  assert.deepEqual(podsIn(store), pods(0, 1, 2));
  assert.equal(store.counters.damagedLines, 0);
});

it('what is added comes with the next look, a line that is still being written when it is whole', async (test) => {
  const folder = await temporaryFolder(test);
  const file = join(folder, 'traces.jsonl');
  await writeFile(file, callLine(0));
  const store = await openStore(folder);
  const line = callLine(1);
  await appendFile(file, line.slice(0, 100));
  await store.refresh();
  assert.deepEqual(podsIn(store), pods(0));
  await appendFile(file, line.slice(100) + callLine(2));
  await store.refresh();
  assert.deepEqual(podsIn(store), pods(0, 1, 2));
  await store.refresh();
  assert.deepEqual(podsIn(store), pods(0, 1, 2));
});

it('a file that is rotated is not read twice, and its spans are still found', async (test) => {
  const folder = await temporaryFolder(test);
  const file = join(folder, 'traces.jsonl');
  await writeFile(file, callLine(0));
  const store = await openStore(folder);
  await appendFile(file, callLine(1));
  await rename(file, join(folder, older));
  await writeFile(file, callLine(2));
  await store.refresh();
  assert.deepEqual(podsIn(store), pods(0, 1, 2));
  for (const n of [0, 1, 2]) assert.deepEqual((await store.trace(aSpan(n).traceId)).spans, [aSpan(n)]);
});

it('what lay in a file that was removed is forgotten', async (test) => {
  const folder = await temporaryFolder(test);
  await writeFile(join(folder, older), callLine(0) + callLine(1));
  await writeFile(join(folder, 'traces.jsonl'), callLine(2));
  const store = await openStore(folder);
  await unlink(join(folder, older));
  // Before the next look: the index knows of it, the file is gone.
  assert.deepEqual(await store.trace(aSpan(0).traceId), { spans: [], missing: 1 });
  await store.refresh();
  assert.deepEqual(podsIn(store), pods(2));
  assert.equal(store.counters.filesGone, 1);
  assert.deepEqual(await store.trace(aSpan(0).traceId), { spans: [], missing: 0 });
});

it('damage is passed over and counted', async (test) => {
  const folder = await temporaryFolder(test);
  const file = join(folder, 'traces.jsonl');
  const cut = callLine(7).slice(0, 200);
  await writeFile(file, `${callLine(0)}${cut}\n{"resourceSpans":3}\n\0\0\0\n"text"\n${callLine(1)}${cut}`);
  const store = await openStore(folder);
  assert.deepEqual(podsIn(store), pods(0, 1));
  assert.equal(store.counters.damagedLines, 4);
});

it('a file that became shorter is read anew, and what was read of it is forgotten', async (test) => {
  const folder = await temporaryFolder(test);
  const file = join(folder, 'traces.jsonl');
  await writeFile(file, callLine(0) + callLine(1));
  const store = await openStore(folder);
  await truncate(file, 0);
  await appendFile(file, callLine(2));
  await store.refresh();
  assert.deepEqual(podsIn(store), pods(2));
  assert.equal(store.counters.filesCut, 1);
});

it('at the start only the newest bytes are read, and how many were not is told', async (test) => {
  const folder = await temporaryFolder(test);
  const lines = Array.from({ length: 20 }, (_, n) => callLine(n));
  await writeFile(join(folder, older), lines.slice(0, 10).join(''));
  await writeFile(join(folder, 'traces.jsonl'), lines.slice(10).join(''));
  const bytes = lines.slice(10).join('').length + lines.slice(7, 10).join('').length + 30;
  const store = await openStore(folder, { rebuildBytes: bytes });
  assert.deepEqual(podsIn(store), pods(...Array.from({ length: 13 }, (_, n) => n + 7)));
  assert.equal(store.counters.bytesNotIndexed, lines.join('').length - bytes);
});

it('the index has a bound of rows, and what it forgot is counted', async (test) => {
  const folder = await temporaryFolder(test);
  await writeFile(join(folder, 'traces.jsonl'), Array.from({ length: 50 }, (_, n) => callLine(n)).join(''));
  const store = await openStore(folder, { rows: 20 });
  assert.equal(store.index.rows.size, 20);
  assert.equal(store.counters.rowsEvicted, 30);
  assert.equal(podsIn(store)[0], 'default/pod-30');
});

it('one file may be read alone', async (test) => {
  const folder = await temporaryFolder(test);
  await writeFile(join(folder, 'a.jsonl'), callLine(0));
  await writeFile(join(folder, 'b.jsonl'), callLine(1));
  assert.deepEqual(podsIn(await openStore(join(folder, 'b.jsonl'))), pods(1));
});

it('a reader follows a writer that rotates and removes files', async (test) => {
  const folder = await temporaryFolder(test);
  const clock = createManualClock();
  const sink = await openFileSink({
    path: join(folder, 'traces.jsonl'),
    line: otlpLine,
    limits: { ...defaultFileLimits, fileBytes: 20_000, keptFiles: 2 },
    counters: createExportCounters(),
    clock,
    timers: createManualTimers(),
    log: () => undefined,
  });
  const store = await openStore(folder);
  for (let n = 0; n < 100; n++) {
    sink.findings([{ finding: { kind: 'call', call: aCall({ stream: 2 * n + 1 }) }, spans: spansOf(n) }]);
    clock.advance(1_000_000n);
    await sink.flush();
    if (n % 3 === 0) await store.refresh();
  }
  await sink.close();
  await store.refresh();
  const files = await readdir(folder);
  assert.equal(files.length, 3);
  const text = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('');
  const kept = text.split('\n').filter((line) => line !== '').length;
  assert.equal(store.index.rows.size, kept);
  for (let n = 100 - kept; n < 100; n++) {
    const [client] = spansOf(n);
    const { spans, missing } = await store.trace(client?.traceId ?? '');
    assert.equal(spans.length, 2);
    assert.equal(missing, 0);
  }
});
