import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createExportCounters } from '../../src/export/counters.ts';
import { defaultFileLimits, type FileLimits, openFileSink } from '../../src/export/file.ts';
import { parseOtlpLine } from '../../src/export/otlp-parse.ts';
import type { Exported } from '../../src/export/sink.ts';
import type { Span } from '../../src/spans/span.ts';
import { aCall } from '../support/a-call.ts';
import { otlpLine, spansOf, withDirectory } from '../support/a-spool.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createManualTimers } from '../support/manual-timers.ts';

const exported = (n: number, revision = 0): Exported => ({
  finding: { kind: 'call', call: aCall({ stream: 2 * n + 1, revision }) },
  spans: spansOf(n),
});

const start = async (path: string, limits: Partial<FileLimits> = {}) => {
  const counters = createExportCounters();
  const timers = createManualTimers();
  const clock = createManualClock();
  const told: string[] = [];
  const sink = await openFileSink({
    path,
    line: otlpLine,
    limits: { ...defaultFileLimits, ...limits },
    counters,
    clock,
    timers,
    log: (_level, message) => told.push(message),
  });
  return { sink, counters, timers, clock, told };
};

/** Within a line, spans are grouped by resource. */
const sorted = (spans: readonly Span[]): Span[] =>
  [...spans].sort((a, b) => a.spanId.localeCompare(b.spanId));

const spansIn = (path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => parseOtlpLine(line) ?? assert.fail(`not a line: ${line.slice(0, 80)}`));

test('spans of a while share a line and come back as they went in; the file is its owner’s', () =>
  withDirectory(async (directory) => {
    const path = join(directory, 'traces.jsonl');
    const { sink, counters, timers } = await start(path);
    sink.findings([exported(0), exported(1)]);
    sink.findings([exported(2)]);
    assert.equal(statSync(path).size, 0);
    await timers.advance(500);
    assert.deepEqual(sorted(spansIn(path)), sorted([0, 1, 2].flatMap(spansOf)));
    assert.equal(readFileSync(path, 'utf8').split('\n').length, 2);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(counters.fileSpans, 6);
    await sink.close();
  }));

test('rotation by size keeps a bounded number of files, each whole', () =>
  withDirectory(async (directory) => {
    const path = join(directory, 'traces.jsonl');
    const { sink, counters, clock } = await start(path, { fileBytes: 10_000, keptFiles: 3, lineSpans: 2 });
    for (let n = 0; n < 60; n++) {
      sink.findings([exported(n)]);
      clock.advance(1_000_000n);
      await sink.flush();
    }
    await sink.close();
    const names = readdirSync(directory).sort();
    assert.equal(names.length, 4);
    for (const name of names) assert.ok(statSync(join(directory, name)).size <= 10_000, name);
    assert.ok(counters.fileRotations > 5);
    const kept = names.flatMap((name) => spansIn(join(directory, name)));
    assert.deepEqual(
      kept,
      Array.from({ length: 60 }, (_, n) => spansOf(n))
        .flat()
        .slice(-kept.length),
    );
  }));

test('rotation by age', () =>
  withDirectory(async (directory) => {
    const path = join(directory, 'traces.jsonl');
    const { sink, clock } = await start(path, { rotateAfterMs: 60_000 });
    sink.findings([exported(0)]);
    await sink.flush();
    clock.advance(61_000_000_000n);
    sink.findings([exported(1)]);
    await sink.close();
    assert.deepEqual(readdirSync(directory).sort(), [
      'traces-20261123T232637.000000000Z.jsonl',
      'traces.jsonl',
    ]);
  }));

test('a line that a crash tore is removed, counted, and written behind', () =>
  withDirectory(async (directory) => {
    const path = join(directory, 'traces.jsonl');
    const whole = Buffer.from(otlpLine(spansOf(0)));
    for (const torn of [1, 100, 70_000]) {
      writeFileSync(path, Buffer.concat([whole, Buffer.alloc(torn, 'x')]));
      const { sink, counters, told } = await start(path);
      assert.equal(counters.fileTornBytes, torn);
      assert.equal(told.length, 1);
      sink.findings([exported(1)]);
      await sink.close();
      assert.deepEqual(sorted(spansIn(path)), sorted([0, 1].flatMap(spansOf)));
    }
  }));

test('later revisions stay out, and a full queue drops the newest', () =>
  withDirectory(async (directory) => {
    const path = join(directory, 'traces.jsonl');
    const { sink, counters } = await start(path, { queuedSpans: 4, lineSpans: 100 });
    sink.findings([exported(0), exported(0, 1), exported(1), exported(2)]);
    await sink.close();
    assert.equal(counters.revised, 2);
    assert.equal(counters.fileDropped, 2);
    assert.deepEqual(sorted(spansIn(path)), sorted([0, 1].flatMap(spansOf)));
  }));

test('a file that cannot be opened is an error at once', () =>
  withDirectory(async (directory) => {
    await assert.rejects(start(join(directory, 'nowhere', 'traces.jsonl')), { code: 'ENOENT' });
  }));
