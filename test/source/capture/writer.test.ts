import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CaptureError } from '../../../src/source/capture/error.ts';
import { partPath } from '../../../src/source/capture/file.ts';
import {
  type CaptureWriterOptions,
  createCaptureWriter,
  defaultCaptureWriterLimits,
} from '../../../src/source/capture/writer.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { faults, fixture, readBytes } from './recordings.ts';

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'critrace-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const options = (path: string): CaptureWriterOptions => ({
  path,
  force: false,
  socket: '/run/r.sock',
  note: 'a note',
  writer: 'critrace test',
  started: 1_795_474_939_168_483_265n,
  rotateBytes: null,
  keepFiles: null,
});

const inBatches = (events: readonly SourceEvent[], length: number): SourceEvent[][] =>
  Array.from({ length: Math.ceil(events.length / length) }, (_, at) =>
    events.slice(at * length, (at + 1) * length),
  );

const write = async (writer: CaptureWriterOptions, events: readonly SourceEvent[]) => {
  const capture = await createCaptureWriter(writer);
  for (const batch of inBatches(events, 20)) await capture.write(batch);
  await capture.close();
  return capture.counters;
};

/** All bytes of each connection and direction, and what befell it. */
const told = (events: readonly SourceEvent[]): Map<string, Buffer | string> => {
  const all = new Map<string, Buffer[]>();
  for (const event of events) {
    if (!('connection' in event)) continue;
    const direction = 'direction' in event ? event.direction : event.kind;
    const key = `${event.connection} ${direction}`;
    const bytes = event.kind === 'data' ? Buffer.from(event.bytes) : Buffer.from(event.kind);
    all.set(key, [...(all.get(key) ?? []), bytes]);
  }
  return new Map([...all].map(([key, parts]) => [key, Buffer.concat(parts)]));
};

test('a recorded capture comes back event for event, compressed or plain', async (t) => {
  const { events } = await readBytes(fixture('kubelet-1.25-sticky-gate-v1alpha2-to-v1'));
  for (const name of ['a.jsonl.gz', 'a.jsonl']) {
    const path = join(folderFor(t), name);
    const counters = await write(options(path), events);
    const bytes = readFileSync(path);
    const again = await readBytes(bytes);
    assert.deepEqual(again.events, events);
    assert.deepEqual(faults(again), {});
    assert.equal(again.header.note, 'a note');
    assert.equal(counters.fileBytes, bytes.length);
    assert.equal(counters.events, events.length);
  }
});

test('only its owner reads it; nothing is written over, but by force, and never through a link', async (t) => {
  const folder = folderFor(t);
  const path = join(folder, 'a.jsonl.gz');
  const refused = (code: string) => (error: unknown) => error instanceof CaptureError && error.code === code;
  writeFileSync(path, 'precious', { mode: 0o644 });
  await assert.rejects(createCaptureWriter(options(path)), refused('exists'));
  assert.equal(readFileSync(path, 'utf8'), 'precious');
  await (await createCaptureWriter({ ...options(path), force: true })).close();
  assert.equal(statSync(path).mode & 0o777, 0o600);

  writeFileSync(join(folder, 'target'), 'precious');
  symlinkSync(join(folder, 'target'), join(folder, 'link.jsonl'));
  await assert.rejects(createCaptureWriter(options(join(folder, 'link.jsonl'))), refused('exists'));
  await (await createCaptureWriter({ ...options(join(folder, 'link.jsonl')), force: true })).close();
  assert.equal(readFileSync(join(folder, 'target'), 'utf8'), 'precious');

  await assert.rejects(createCaptureWriter({ ...options(folder), force: true }), refused('exists'));
  await assert.rejects(createCaptureWriter(options(join(folder, 'none', 'a.jsonl'))), refused('write'));
});

test('what was written a moment ago is in the file without a close', async (t) => {
  const path = join(folderFor(t), 'a.jsonl.gz');
  const { events } = await readBytes(fixture('kubelet-1.37-giveup-gate-v1alpha2-3-starts'));
  const limits = { ...defaultCaptureWriterLimits, flushEveryMs: 20 };
  const writer = await createCaptureWriter({ ...options(path), limits });
  t.after(() => writer.close());
  await writer.write(events);
  const deadline = performance.now() + 10_000;
  for (;;) {
    const read = await readBytes(readFileSync(path));
    if (read.events.length === events.length) break;
    assert.ok(performance.now() < deadline, 'the timer writes the events');
    await delay(5);
  }
});

test('each file of a rotated capture is read alone, and all of them joined as one', async (t) => {
  const whole = await readBytes(fixture('kubelet-1.25-containerd-1.6-killed-restarted'));
  const folder = folderFor(t);
  const path = join(folder, 'a.jsonl.gz');
  const limits = { ...defaultCaptureWriterLimits, maxBlockBytes: 100_000 };
  await write({ ...options(path), rotateBytes: 20_000, limits }, whole.events);
  const parts = readdirSync(folder);
  assert.ok(parts.length > 3, `${parts.length} files`);
  const files = parts.map((_, part) => readFileSync(partPath(path, part)));

  let total = 0;
  for (const [part, file] of files.entries()) {
    const { events, header, counters } = await readBytes(file);
    assert.deepEqual(faults({ counters }), {});
    assert.equal(header.fields.part, part);
    for (const event of events)
      if (event.kind === 'open') assert.equal(event.joined, part > 0 && event.seen.at === events[0]?.seen.at);
    total += events.filter(({ kind }) => kind === 'data').length;
  }
  assert.equal(total, whole.events.filter(({ kind }) => kind === 'data').length);

  const joined = await readBytes(Buffer.concat(files));
  assert.deepEqual(joined.events, whole.events);
  const { extraHeaders, resumedConnections, ...rest } = faults(joined);
  assert.equal(extraHeaders, files.length - 1);
  assert.notEqual(resumedConnections, 0);
  assert.deepEqual(rest, {});

  const holed = await readBytes(Buffer.concat(files.filter((_, part) => part !== 1)));
  assert.notEqual(holed.counters.skippedBytes, 0);
  const lost = holed.events
    .flatMap((event) => (event.kind === 'gap' ? [event.length] : []))
    .reduce((a, b) => a + b);
  assert.equal(lost, holed.counters.skippedBytes);
});

test('of a rotated capture only so many files stay', async (t) => {
  const { events } = await readBytes(fixture('kubelet-1.25-containerd-1.6-killed-restarted'));
  const folder = folderFor(t);
  const limits = { ...defaultCaptureWriterLimits, maxBlockBytes: 50_000 };
  const rotating = { ...options(join(folder, 'a.jsonl.gz')), rotateBytes: 10_000, keepFiles: 2, limits };
  const counters = await write(rotating, events);
  const parts = [counters.files - 2, counters.files - 1].map((part) => partPath('a.jsonl.gz', part));
  assert.deepEqual(readdirSync(folder).sort(), parts.sort());
});

test('a refusal without an opening is written with one', async (t) => {
  const path = join(folderFor(t), 'a.jsonl');
  const client = { pid: 5, pidStart: 6n, uid: 7, comm: 'crictl', cgroup: '/c' };
  const seen = { at: 9n, sentAt: null };
  const refused: SourceEvent = { kind: 'refused', connection: 3, seen, endpoint: '/run/other.sock', client };
  await write(options(path), [refused]);
  const { events } = await readBytes(readFileSync(path));
  assert.deepEqual(events.at(-1), refused);
  assert.deepEqual(told(events).get('3 open')?.toString(), 'open');
});
