import assert from 'node:assert/strict';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ListenError } from '../../../src/source/proxy/error.ts';
import { listen } from '../../../src/source/proxy/listener.ts';
import {
  callerAt,
  closed,
  eventually,
  observedBytes,
  proxyFor,
  received,
  runtimeAt,
  temporaryFolder,
  tryCall,
  watch,
} from './stage.ts';

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

const after = (t: TestContext) => (clean: () => unknown) => t.after(async () => await clean());

const stage = (t: TestContext) => {
  const folder = temporaryFolder((clean) => t.after(clean));
  return { folder, runtime: join(folder, 'r.sock'), listen: join(folder, 'p.sock') };
};

const echo = (socket: Socket): void => {
  socket.pipe(socket);
};

/** Writes in pieces of random size, waiting where the socket asks for it. */
const writeInPieces = async (socket: Socket, bytes: Buffer, longest: number): Promise<void> => {
  for (let at = 0; at < bytes.length; ) {
    const length = randomInt(1, longest);
    if (!socket.write(bytes.subarray(at, at + length)))
      await new Promise((done) => socket.once('drain', done));
    at += length;
  }
  socket.end();
};

test('20 MB in pieces of random size come back byte for byte, and are observed so', async (t) => {
  const { folder, runtime, listen } = stage(t);
  const server = await runtimeAt(runtime, echo);
  after(t)(() => server.kill());
  const proxy = await proxyFor(folder, after(t));
  const seen = watch(proxy);
  const caller = await callerAt(listen);
  const bytes = randomBytes(20 * 1024 * 1024);
  const [answer] = await Promise.all([received(caller), writeInPieces(caller, bytes, 100_000)]);
  assert.equal(md5(answer), md5(bytes));
  await eventually(() => seen.events.at(-1)?.kind === 'close', 'the close of the connection');
  assert.equal(proxy.counters.lostBytes, 0);
  for (const direction of ['request', 'response'] as const)
    assert.equal(md5(observedBytes(seen.events, 1, direction)), md5(bytes));
});

test('200 connections at a time keep their bytes apart', async (t) => {
  const { folder, runtime, listen } = stage(t);
  const server = await runtimeAt(runtime, echo);
  after(t)(() => server.kill());
  const proxy = await proxyFor(folder, after(t));
  const seen = watch(proxy);
  await Promise.all(
    Array.from({ length: 200 }, async () => {
      const caller = await callerAt(listen);
      const bytes = randomBytes(randomInt(1, 60_000));
      const [answer] = await Promise.all([received(caller), writeInPieces(caller, bytes, 20_000)]);
      assert.equal(md5(answer), md5(bytes));
    }),
  );
  await eventually(() => proxy.counters.openNow === 0, 'all closed');
  await proxy.stop();
  await seen.done;
  assert.equal(seen.events.filter(({ kind }) => kind === 'open').length, 200);
  assert.equal(seen.events.filter(({ kind }) => kind === 'close').length, 200);
  for (let connection = 1; connection <= 200; connection++)
    assert.deepEqual(
      observedBytes(seen.events, connection, 'request'),
      observedBytes(seen.events, connection, 'response'),
    );
});

test('the end of one direction passes while the other goes on', async (t) => {
  for (const first of ['caller', 'runtime'] as const) {
    const { folder, runtime, listen } = stage(t);
    const server = await runtimeAt(runtime, () => undefined);
    after(t)(() => server.kill());
    await proxyFor(folder, after(t));
    const caller = await callerAt(listen);
    const callee = await server.callee(1);
    const [early, late] = first === 'caller' ? [caller, callee] : [callee, caller];
    early.end('last words');
    assert.equal((await received(late)).toString(), 'last words');
    late.write('still ');
    late.end('here');
    assert.equal((await received(early)).toString(), 'still here');
    await Promise.all([closed(caller), closed(callee)]);
  }
});

test('a runtime that does not read holds its caller back, and loses nothing', async (t) => {
  const { folder, runtime, listen } = stage(t);
  const server = await runtimeAt(runtime, (socket) => socket.pause());
  after(t)(() => server.kill());
  const proxy = await proxyFor(folder, after(t), { limits: { relayBufferBytes: 64 * 1024 } });
  const caller = await callerAt(listen);
  const callee = await server.callee(1);
  const bytes = randomBytes(8 * 1024 * 1024);
  caller.end(bytes);
  let before = -1;
  await eventually(() => {
    const still = before === proxy.counters.requestBytes && before > 0;
    before = proxy.counters.requestBytes;
    return still;
  }, 'the relay standing still');
  assert.ok(proxy.counters.requestBytes < 2 * 1024 * 1024, `${proxy.counters.requestBytes} bytes taken`);
  callee.end();
  assert.equal(md5(await received(callee)), md5(bytes));
});

test('what the runtime sent before it died reaches the caller; then the connection closes', async (t) => {
  const { folder, runtime, listen } = stage(t);
  const server = await runtimeAt(runtime, (socket) => {
    socket.write('half an answ', () => socket.destroy());
  });
  after(t)(() => server.kill());
  await proxyFor(folder, after(t));
  const caller = await callerAt(listen);
  assert.equal((await received(caller)).toString(), 'half an answ');
  caller.end();
  await closed(caller);
});

test('a caller that dies takes its connection to the runtime with it', async (t) => {
  const { folder, runtime, listen } = stage(t);
  const server = await runtimeAt(runtime, () => undefined);
  after(t)(() => server.kill());
  const proxy = await proxyFor(folder, after(t));
  const caller = await callerAt(listen);
  const callee = await server.callee(1);
  caller.write('request');
  callee.write(randomBytes(1024 * 1024));
  await eventually(() => proxy.counters.responseBytes > 0, 'bytes on their way');
  caller.destroy();
  const beat = setInterval(() => callee.write('beat'), 5);
  after(t)(() => clearInterval(beat));
  await closed(callee);
  await eventually(() => proxy.counters.openNow === 0, 'the relay over');
});

test('the socket has owner, group and mode of the runtime’s, and follows them', async (t) => {
  for (const mode of [0o600, 0o660, 0o666]) {
    const { folder, runtime, listen } = stage(t);
    const server = await runtimeAt(runtime, echo, mode);
    after(t)(() => server.kill());
    const owner =
      process.getuid?.() === 0
        ? { uid: 1234, gid: 4321 }
        : { uid: process.getuid?.(), gid: process.getgid?.() };
    chownSync(runtime, owner.uid ?? 0, owner.gid ?? 0);
    await proxyFor(folder, after(t));
    const access = () => {
      const { uid, gid, mode } = statSync(listen);
      return { uid, gid, mode: mode & 0o777 };
    };
    assert.deepEqual(access(), { ...owner, mode });
    assert.deepEqual(readdirSync(folder).sort(), ['p.sock', 'r.sock']);
    chmodSync(runtime, 0o640);
    await eventually(() => access().mode === 0o640, 'the new mode');
  }
});

test('while the runtime is away connecting fails as it does there; the next caller after it gets through', async (t) => {
  const { folder, runtime, listen } = stage(t);
  const first = await runtimeAt(runtime, echo);
  const proxy = await proxyFor(folder, after(t));
  const seen = watch(proxy);
  const caller = await callerAt(listen);
  caller.write('x');
  await eventually(() => proxy.counters.responseBytes === 1, 'an answer');
  await first.kill();
  caller.resume().end();
  await closed(caller);
  await eventually(() => !existsSync(listen), 'the proxy’s socket gone');
  assert.equal(await tryCall(listen), await tryCall(runtime));
  for (let restart = 0; restart < 3; restart++) {
    const next = await runtimeAt(runtime, echo);
    await eventually(() => existsSync(listen), 'the proxy’s socket back');
    const again = await callerAt(listen);
    again.end('hello');
    assert.equal((await received(again)).toString(), 'hello');
    await next.kill();
    const refusedBefore = proxy.counters.refused;
    const answer = await tryCall(listen);
    if (answer === 'connected')
      await eventually(() => proxy.counters.refused > refusedBefore, 'the race: accepted, closed');
    await eventually(() => !existsSync(listen), 'gone again');
  }
  await proxy.stop();
  await seen.done;
  assert.equal(seen.events.filter(({ kind }) => kind === 'refused').length, proxy.counters.refused);
});

test('a runtime killed behind the proxy’s back: the caller in between is accepted, closed and reported', async (t) => {
  const { folder, runtime, listen } = stage(t);
  const server = await runtimeAt(runtime, echo);
  const proxy = await proxyFor(folder, after(t), { limits: { lookEveryMs: 60_000 } });
  const seen = watch(proxy);
  await server.kill();
  const caller = await callerAt(listen);
  assert.equal((await received(caller)).length, 0);
  await eventually(() => seen.events.length === 2, 'two events');
  const [open, refused] = seen.events;
  assert.equal(open?.kind, 'open');
  assert.ok(refused?.kind === 'refused', `${refused?.kind}`);
  assert.equal(refused.client.pid, process.pid);
  assert.equal(refused.client.uid, 4711);
  assert.equal(refused.endpoint, runtime);
  await eventually(() => !existsSync(listen), 'the socket gone');
});

test('a runtime that comes later is found', async (t) => {
  const { folder, runtime, listen } = stage(t);
  await proxyFor(folder, after(t));
  assert.equal(await tryCall(listen), 'ENOENT');
  const server = await runtimeAt(runtime, echo);
  after(t)(() => server.kill());
  await eventually(() => existsSync(listen), 'the socket');
  assert.equal(await tryCall(listen), 'connected');
});

test('a folder taken away while the proxy takes its place there leaves no listener that nobody can close', async (t) => {
  const { folder, runtime } = stage(t);
  const server = await runtimeAt(runtime, echo);
  after(t)(() => server.kill());
  const pipes = () => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
  const before = pipes();
  for (let round = 0; round < 30; round++) {
    const place = join(folder, `${round}`);
    mkdirSync(place);
    const listening = listen({
      path: join(place, 'p.sock'),
      runtime,
      access: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mode: 0o600 },
      relayBufferBytes: 1024,
      accepted: (socket) => socket.destroy(),
    });
    // Looked for as often as can be: the moment right after the socket came to its place is the one that counts.
    while (!existsSync(join(place, 'p.sock'))) await new Promise((resolve) => setImmediate(resolve));
    rmSync(place, { recursive: true, force: true });
    await (await listening).close();
  }
  await eventually(() => pipes() <= before, 'all closed');
});

test('a stale socket is replaced; one that lives, a file and the runtime’s own are not', async (t) => {
  const rejects = (code: string) => (error: unknown) => error instanceof ListenError && error.code === code;
  const { folder, runtime, listen } = stage(t);
  const server = await runtimeAt(runtime, echo);
  after(t)(() => server.kill());

  const foreign = await runtimeAt(listen, echo);
  await assert.rejects(proxyFor(folder, after(t)), rejects('in_use'));
  assert.equal(await tryCall(listen), 'connected');
  await foreign.kill();

  writeFileSync(listen, 'precious');
  await assert.rejects(proxyFor(folder, after(t)), rejects('not_a_socket'));
  assert.equal(statSync(listen).size, 8);

  await assert.rejects(
    proxyFor(folder, after(t), { routes: [{ listen: `${folder}/./r.sock`, runtime }] }),
    rejects('same_path'),
  );
  await assert.rejects(
    proxyFor(folder, after(t), { routes: [{ listen: `${folder}/${'x'.repeat(100)}`, runtime }] }),
    rejects('too_long'),
  );
  assert.equal(await tryCall(runtime), 'connected');
});

test('the longest paths that the kernel takes work at both ends; longer ones are refused before anything is there', async (t) => {
  const { folder } = stage(t);
  const padded = (bytes: number): string => `${folder}/${'x'.repeat(bytes - folder.length - 1)}`;
  const runtime = `${padded(106)}r`;
  const server = await runtimeAt(runtime, echo);
  after(t)(() => server.kill());
  for (let bytes = 100; bytes <= 106; bytes++) {
    const listen = `${padded(bytes)}p`;
    await proxyFor(folder, after(t), { routes: [{ listen, runtime }] });
    assert.equal(await tryCall(listen), 'connected', `${bytes + 1} bytes`);
  }
  const before = readdirSync(folder).length;
  // The name is short, but not that of the hidden folder in which the socket is made ready.
  const deep = padded(98);
  for (const [listen, why] of [
    [`${padded(107)}p`, /at most 107 bytes/],
    [`${deep}/p`, /the folder's path has at most 97 bytes/],
  ] as const)
    for (const absent of [runtime, join(folder, 'absent.sock')])
      await assert.rejects(
        proxyFor(folder, after(t), { routes: [{ listen, runtime: absent }] }),
        (error) => error instanceof ListenError && error.code === 'too_long' && why.test(error.message),
      );
  await assert.rejects(
    proxyFor(folder, after(t), { routes: [{ listen: `${folder}/p`, runtime: `${padded(107)}r` }] }),
    (error) => error instanceof ListenError && error.code === 'too_long',
  );
  assert.equal(readdirSync(folder).length, before);
});

test('a socket left by a process that was killed is replaced', async (t) => {
  const { folder, runtime, listen } = stage(t);
  const server = await runtimeAt(runtime, echo);
  after(t)(() => server.kill());
  const first = await proxyFor(folder, after(t));
  // A hard link outlives the listener's own removal: the same as a socket whose owner was killed.
  const { linkSync, renameSync } = await import('node:fs');
  linkSync(listen, `${listen}.kept`);
  await first.close();
  renameSync(`${listen}.kept`, listen);
  assert.equal(await tryCall(listen), 'ECONNREFUSED');
  await proxyFor(folder, after(t));
  assert.equal(await tryCall(listen), 'connected');
});

test('closing leaves a socket alone that someone else has put in its place', async (t) => {
  const { folder, runtime, listen } = stage(t);
  const server = await runtimeAt(runtime, echo);
  after(t)(() => server.kill());
  const proxy = await proxyFor(folder, after(t));
  const { unlinkSync } = await import('node:fs');
  unlinkSync(listen);
  const other = await runtimeAt(listen, echo);
  after(t)(() => other.kill());
  await proxy.close();
  assert.equal(await tryCall(listen), 'connected');
});

test('two endpoints are two sockets and one sequence of connections', async (t) => {
  const { folder } = stage(t);
  const routes = ['a', 'b'].map((name) => ({
    listen: join(folder, `${name}p`),
    runtime: join(folder, `${name}r`),
  }));
  for (const { runtime } of routes) {
    const server = await runtimeAt(runtime, echo);
    after(t)(() => server.kill());
  }
  const proxy = await proxyFor(folder, after(t), { routes });
  const seen = watch(proxy);
  for (const { listen } of routes) {
    const caller = await callerAt(listen);
    caller.end('x');
    await received(caller);
  }
  await eventually(() => seen.events.filter(({ kind }) => kind === 'close').length === 2, 'both closed');
  const opens = seen.events.flatMap((event) => (event.kind === 'open' ? [event] : []));
  assert.deepEqual(
    opens.map(({ endpoint }) => endpoint),
    routes.map(({ runtime }) => runtime),
  );
  assert.deepEqual(
    opens.map(({ connection }) => connection),
    [1, 2],
  );
});
