import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { systemClock } from '../../../src/foundation/clock.ts';
import type { TapPlan } from '../../../src/kernel/native-tap.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { TapError } from '../../../src/source/tap/error.ts';
import { callerAt, closed, eventually, observedBytes, received, runtimeAt } from '../proxy/stage.ts';
import { count, nativeLibrary, pythonScript, socketPath, tapOn, watchTap } from './stage.ts';

const run = promisify(execFile);

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

const echo = (socket: Socket): void => {
  socket.pipe(socket);
};

const echoAt = async (t: TestContext, path: string): Promise<void> => {
  const server = await runtimeAt(path, echo);
  t.after(() => server.kill());
};

const kinds = (events: readonly SourceEvent[], connection: number): string[] =>
  events.flatMap((event) => ('connection' in event && event.connection === connection ? [event.kind] : []));

/** Both directions as they were observed. */
const heard = (events: readonly SourceEvent[], connection: number): [string, string] => [
  observedBytes(events, connection, 'request').toString(),
  observedBytes(events, connection, 'response').toString(),
];

test('30 MB there and back are seen byte for byte', async (t) => {
  const path = socketPath(t);
  await echoAt(t, path);
  const tap = tapOn(t, path, { ringBytes: 64 * 1024 * 1024 });
  const seen = watchTap(tap);
  const caller = await callerAt(path);
  const bytes = randomBytes(30 * 1024 * 1024);
  caller.end(bytes);
  const answer = await received(caller);
  assert.equal(md5(answer), md5(bytes));
  await eventually(() => seen.events.at(-1)?.kind === 'close', 'the close of the connection');
  assert.equal(tap.counters.lostBytes, 0);
  for (const direction of ['request', 'response'] as const)
    assert.equal(md5(observedBytes(seen.events, 1, direction)), md5(bytes));
});

test('200 connections at a time keep their bytes apart', async (t) => {
  const path = socketPath(t);
  await echoAt(t, path);
  const tap = tapOn(t, path, { ringBytes: 64 * 1024 * 1024 });
  const seen = watchTap(tap);
  const sent = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const caller = await callerAt(path);
      const bytes = randomBytes(randomInt(1, 60_000));
      caller.end(bytes);
      assert.equal(md5(await received(caller)), md5(bytes));
      return md5(bytes);
    }),
  );
  await eventually(() => count(seen.events, 'close') === 200, 'all closed');
  assert.equal(tap.counters.lostBytes, 0);
  for (const direction of ['request', 'response'] as const) {
    const observed = Array.from({ length: 200 }, (_, at) =>
      md5(observedBytes(seen.events, at + 1, direction)),
    );
    assert.deepEqual(observed.sort(), [...sent].sort());
  }
});

test('a ring that is too small loses bytes, and each of them is counted in a gap', async (t) => {
  const path = socketPath(t);
  await echoAt(t, path);
  const tap = tapOn(t, path, { ringBytes: 64 * 1024, asideBytes: 0, paceMs: 200 });
  const seen = watchTap(tap);
  const bytes = randomBytes(8 * 1024 * 1024);
  const caller = await callerAt(path);
  caller.end(bytes);
  await received(caller);
  await eventually(() => seen.events.at(-1)?.kind === 'close', 'the close of the connection');
  assert.ok(tap.counters.lostBytes > 0, 'the ring was too small');
  for (const direction of ['request', 'response'] as const) {
    let at = 0;
    for (const event of seen.events) {
      if (event.kind === 'gap' && event.direction === direction) at += event.length;
      if (event.kind !== 'data' || event.direction !== direction) continue;
      assert.ok(bytes.subarray(at, at + event.bytes.length).equals(event.bytes), `${direction} at ${at}`);
      at += event.bytes.length;
    }
    assert.equal(at, bytes.length);
  }
});

test('a ring that fills is looked at before it is time', async (t) => {
  const path = socketPath(t);
  await echoAt(t, path);
  const tap = tapOn(t, path, { paceMs: 3_600_000 });
  const seen = watchTap(tap);
  await eventually(() => tap.counters.rounds === 1, 'the only round that is due');
  const caller = await callerAt(path);
  caller.end(randomBytes(8 * 1024 * 1024));
  await received(caller);
  await eventually(() => count(seen.events, 'data') > 0, 'bytes of the connection');
});

test('bytes that are peeked at, read one by one, or by several threads are told once, in order', async (t) => {
  const path = socketPath(t);
  const tap = tapOn(t, path);
  const seen = watchTap(tap);
  await run(
    ...pythonScript(
      path,
      `
l = socket.socket(socket.AF_UNIX); l.bind(s); l.listen()
time.sleep(0.1)
c = socket.socket(socket.AF_UNIX); c.connect(s)
a, _ = l.accept()
for text in (b'first', b'second', b'third'): c.send(text)
a.recv(100, socket.MSG_PEEK); a.recv(3, socket.MSG_PEEK)
for _ in range(5): a.recv(1)
a.recv(100, socket.MSG_PEEK)
a.recv(4); a.recv(100)
text = bytes(range(65, 91)) * 40
def read():
    while a.recv(7): pass
threads = [threading.Thread(target=read) for _ in range(4)]
for thread in threads: thread.start()
for at in range(len(text)): c.send(text[at:at+1])
c.shutdown(socket.SHUT_WR)
for thread in threads: thread.join()
a.send(b'done'); a.close()
c.recv(2); c.recv(10)
c.close()
`,
    ),
  );
  await eventually(() => seen.events.at(-1)?.kind === 'close', 'the close of the connection');
  const letters = Buffer.from(Array.from({ length: 26 * 40 }, (_, at) => 65 + (at % 26))).toString();
  assert.deepEqual(heard(seen.events, 1), [`firstsecondthird${letters}`, 'done']);
  assert.ok(tap.counters.repeatedBytes > 0, 'peeked bytes came twice');
  assert.equal(count(seen.events, 'gap'), 0);
});

test('each byte has the time of its write, which is not later than that of its read', async (t) => {
  const path = socketPath(t);
  const server = await runtimeAt(path, echo);
  t.after(() => server.kill());
  const older = await callerAt(path);
  const seen = watchTap(tapOn(t, path));
  const clock = systemClock();
  const caller = await callerAt(path);
  const before = clock.now();
  for (let at = 0; at < 20; at += 1) {
    caller.write(`request ${at}`);
    await once(caller, 'data');
    older.write('as before');
    await once(older, 'data');
  }
  caller.end();
  older.end();
  await Promise.all([received(caller), received(older)]);
  await eventually(() => count(seen.events, 'close') === 2, 'the closes');
  const opens = seen.events.flatMap((event) => (event.kind === 'open' ? [event] : []));
  const [joined, fresh] = [true, false].map((late) => opens.find((open) => open.joined === late)?.connection);
  for (const event of seen.events) {
    if (event.kind !== 'data') continue;
    const { at, sentAt, sentBound } = event.seen;
    // Writes of an older connection are known from when all that was written had been read.
    if (event.connection === joined && sentAt === null) continue;
    assert.ok(sentAt !== null && sentAt <= at && sentAt >= before, `${before} ${sentAt} ${at}`);
    assert.equal(sentBound, true);
  }
  assert.ok(fresh !== undefined && count(seen.events, 'data') > 40);
});

test('after one direction has ended the other goes on', async (t) => {
  const path = socketPath(t);
  const server = await runtimeAt(path, (socket) => {
    socket.on('end', () => socket.write('still here'));
    socket.resume();
  });
  t.after(() => server.kill());
  const seen = watchTap(tapOn(t, path));
  const caller = await callerAt(path);
  caller.end('bye');
  caller.resume();
  await eventually(() => heard(seen.events, 1)[1] === 'still here', 'what comes after the end');
  assert.deepEqual(kinds(seen.events, 1), ['open', 'data', 'end', 'data']);
  (await server.callee(0)).end();
  await closed(caller);
  await eventually(() => seen.events.at(-1)?.kind === 'close', 'the close of the connection');
});

test('what a client wrote before it was gone is seen, and one that said nothing too', async (t) => {
  const path = socketPath(t);
  const seen = watchTap(tapOn(t, path));
  await run(
    ...pythonScript(
      path,
      `
l = socket.socket(socket.AF_UNIX); l.bind(s); l.listen()
time.sleep(0.1)
for text in (b'gone', b'', b'again'):
    c = socket.socket(socket.AF_UNIX); c.connect(s)
    if text: c.send(text)
    c.close()
    a, _ = l.accept()
    while a.recv(100): pass
    a.close()
`,
    ),
  );
  await eventually(() => count(seen.events, 'close') === 3, 'three closes');
  assert.deepEqual(
    [1, 2, 3].map((connection) => heard(seen.events, connection)[0]),
    ['gone', '', 'again'],
  );
  for (const connection of [1, 3]) assert.equal(kinds(seen.events, connection)[0], 'open');
});

test('a connection that is older is known from the start, with who holds it, and followed from its next byte', async (t) => {
  const path = socketPath(t);
  await echoAt(t, path);
  const caller = await callerAt(path);
  caller.write('before');
  await once(caller, 'data');
  const tap = tapOn(t, path);
  const seen = watchTap(tap);
  await eventually(() => count(seen.events, 'open') === 1, 'the connection');
  const [open] = seen.events;
  assert.ok(open?.kind === 'open');
  assert.ok(open.joined);
  assert.deepEqual([open.client.pid, open.server.pid], [process.pid, process.pid]);
  assert.equal(open.client.uid, process.getuid?.());
  assert.ok(open.client.pidStart !== null && open.client.comm !== null);
  caller.end('after');
  await received(caller);
  await eventually(() => seen.events.at(-1)?.kind === 'close', 'the close of the connection');
  assert.deepEqual(heard(seen.events, 1), ['after', 'after']);
  const younger = await callerAt(path);
  younger.end('new');
  await received(younger);
  await eventually(() => count(seen.events, 'close') === 2, 'the close of the other');
  const opens = seen.events.flatMap((event) => (event.kind === 'open' ? [event.joined] : []));
  assert.deepEqual(opens, [true, false]);
});

test('a socket is found by another way to it, made again, and in a folder made again', async (t) => {
  const path = socketPath(t);
  const folder = join(dirname(path), 'run');
  const real = join(folder, 'r.sock');
  mkdirSync(folder);
  symlinkSync(folder, join(dirname(path), 'var'));
  const notices: string[] = [];
  const endpoint = join(dirname(path), 'var', 'r.sock');
  const tap = tapOn(t, endpoint, {}, { notice: ({ kind }) => notices.push(kind) });
  const seen = watchTap(tap);
  const heardAll = (): string[] =>
    seen.events.flatMap((event) =>
      event.kind === 'open'
        ? [`${event.joined ? 'joined ' : ''}${heard(seen.events, event.connection)[0]}`]
        : [],
    );
  const call = async (text: string): Promise<void> => {
    const caller = await callerAt(real);
    caller.end(text);
    await received(caller);
  };
  const watching = (times: number) =>
    eventually(
      () => notices.filter((kind) => kind === 'watching').length === times,
      `watching ${times} times`,
    );

  const first = await runtimeAt(real, echo);
  await watching(1);
  await call('one');
  await first.kill();
  // At the same place: nothing has to be noticed first.
  const second = await runtimeAt(real, echo);
  await call('two');
  await second.kill();
  rmSync(folder, { recursive: true });
  await eventually(() => notices.includes('endpoint_away'), 'the socket has gone');
  const before = notices.filter((kind) => kind === 'watching').length;
  mkdirSync(folder);
  const third = await runtimeAt(real, echo);
  t.after(() => third.kill());
  await watching(before + 1);
  await call('three');
  // Another socket beside it is none of ours.
  renameSync(real, `${real}.other`);
  const fourth = await runtimeAt(real, echo);
  t.after(() => fourth.kill());
  await eventually(() => count(seen.events, 'close') === 3, 'three closes');
  assert.deepEqual(heardAll(), ['one', 'two', 'three']);
  assert.ok(seen.events.every((event) => event.kind !== 'open' || event.endpoint === endpoint));
});

test('other sockets are not seen', async (t) => {
  const path = socketPath(t);
  const other = join(dirname(path), 's.sock');
  await echoAt(t, path);
  await echoAt(t, other);
  const seen = watchTap(tapOn(t, path));
  for (const [to, text] of [
    [other, 'not ours'],
    [path, 'ours'],
  ] as const) {
    const caller = await callerAt(to);
    caller.end(text);
    await received(caller);
  }
  await eventually(() => count(seen.events, 'close') === 1, 'one close');
  assert.equal(count(seen.events, 'open'), 1);
  assert.deepEqual(heard(seen.events, 1), ['ours', 'ours']);
});

test('one tap at a time; closed twice, drained after, and opened anew', async (t) => {
  const path = socketPath(t);
  const tap = tapOn(t, path);
  assert.throws(
    () => tapOn(t, path),
    (error) => error instanceof TapError && /already/.test(error.message),
  );
  await tap.close();
  await tap.close();
  const after = watchTap(tap);
  await after.done;
  assert.deepEqual(after.events, []);
  const plan: TapPlan = {
    endpoints: [path],
    ringBytes: 65_536,
    eventRingBytes: 65_536,
    asideBytes: 0,
    maxConnections: 16,
    maxProcesses: 16,
    parts: [],
    bufferBytes: 65_536,
  };
  for (const wrong of [
    { ringBytes: 65_537 },
    { eventRingBytes: 100 },
    { maxProcesses: 0 },
    { maxConnections: 0 },
    { bufferBytes: 8 },
    { endpoints: [] },
    { endpoints: ['x'.repeat(108)] },
    { endpoints: Array.from({ length: 9 }, () => path) },
  ])
    assert.ok(!nativeLibrary().openTap({ ...plan, ...wrong }).opened, JSON.stringify(wrong));
  await tapOn(t, path).close();
});

/** Numbers of the attachments that the processes hold: nothing else keeps one, as none is pinned. */
const heldBy = async (processes: string): Promise<string[]> => {
  const script = `cat /proc/${processes}/fdinfo/* 2>/dev/null | sed -n 's/^link_id:\\s*//p'`;
  const { stdout } = await run('bash', ['-c', script]);
  return stdout.split('\n').filter((line) => line !== '');
};

test('a process that is killed leaves nothing attached', async (t) => {
  const path = socketPath(t);
  await echoAt(t, path);
  const script = `
    const { loadNative } = await import(${JSON.stringify(new URL('../../../src/kernel/native.ts', import.meta.url).href)});
    const native = loadNative();
    const opened = native.library.openTap({ endpoints: [${JSON.stringify(path)}], ringBytes: 65536, eventRingBytes: 65536, asideBytes: 0, maxConnections: 16, maxProcesses: 16, parts: [], bufferBytes: 65536 });
    console.log(opened.opened);
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx/esm', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [said] = await once(child.stdout, 'data');
  assert.match(String(said), /true/);
  const held = await heldBy(String(child.pid));
  assert.ok(held.length >= 3, `${held.length} attachments`);
  child.kill('SIGKILL');
  await once(child, 'close');
  const left = new Set(await heldBy('[0-9]*'));
  assert.deepEqual(
    held.filter((link) => left.has(link)),
    [],
  );
  const caller = await callerAt(path);
  caller.end('as ever');
  assert.equal((await received(caller)).toString(), 'as ever');
});
