import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { SourceEvent } from '../../../src/source/event.ts';
import { untilThere } from '../../support/until.ts';
import { callerAt, eventually, observedBytes, received, runtimeAt } from '../proxy/stage.ts';
import { count, pythonScript, socketPath, tapOn, watchTap } from './stage.ts';

/** One call to the socket at `path`, seen by a tap that was given `endpoint`. */
const seenAt = async (t: TestContext, path: string, endpoint: string, named: string): Promise<void> => {
  const seen = watchTap(tapOn(t, endpoint));
  const caller = await callerAt(path);
  caller.end('hello');
  await received(caller);
  await eventually(() => count(seen.events, 'close') === 1, 'the close of the connection');
  assert.equal(observedBytes(seen.events, 1, 'request').toString(), 'hello');
  const [open] = seen.events;
  assert.ok(open?.kind === 'open');
  assert.equal(open.endpoint, named);
};

/** What is mounted must be gone before the test's folder is removed; the tap may still hold a file in it. */
const mountedAt = async (place: string, folder: string, run: () => Promise<void>): Promise<void> => {
  mkdirSync(place);
  execFileSync('mount', ['--bind', folder, place]);
  try {
    await run();
  } finally {
    execFileSync('umount', ['--lazy', place]);
  }
};

const echoing = async (t: TestContext, path: string): Promise<void> => {
  const server = await runtimeAt(path, (socket) => void socket.pipe(socket));
  t.after(() => server.kill());
};

test('a socket is found by a bind mount of its folder', async (t) => {
  const path = socketPath(t);
  const mounted = join(dirname(path), 'mounted');
  await echoing(t, path);
  await mountedAt(mounted, dirname(path), () =>
    seenAt(t, path, join(mounted, 'r.sock'), join(mounted, 'r.sock')),
  );
});

test('a socket is found by another process’s view of the machine, and told by the name that it has there', async (t) => {
  const path = socketPath(t);
  await echoing(t, path);
  const stranger = spawn('unshare', ['--mount', 'sh', '-c', 'echo ready; read forever'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => stranger.kill('SIGKILL'));
  await once(stranger.stdout, 'data');
  await seenAt(t, path, `/proc/${stranger.pid}/root${path}`, path);
});

test('a socket that was bound by a relative path is found by its whole one', async (t) => {
  const path = socketPath(t);
  const [program, args] = pythonScript(
    path,
    `
os.chdir(os.path.dirname(s))
l = socket.socket(socket.AF_UNIX); l.bind('r.sock'); l.listen()
print('ready', flush=True)
while True:
    a, _ = l.accept()
    while True:
        got = a.recv(100)
        if not got: break
        a.sendall(got)
    a.close()
`,
  );
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => server.kill('SIGKILL'));
  await once(server.stdout, 'data');
  await seenAt(t, path, path, path);
});

/** Serves one connection after another at `at`, a Python expression, and says so. */
const serving = (at: string): string => `
l = socket.socket(socket.AF_UNIX); l.bind(${at}); l.listen()
print('ready', flush=True)
while True:
    a, _ = l.accept()
    a.sendall(a.recv(100))
    a.close()
`;

test('a socket that is called the same in another mount namespace is another one', async (t) => {
  const path = socketPath(t);
  const seen = watchTap(tapOn(t, path));
  const [program, args] = pythonScript(
    path,
    `
import subprocess
subprocess.run(['mount', '-t', 'tmpfs', 'none', os.path.dirname(s)], check=True)
def call():
    while True:
        c = socket.socket(socket.AF_UNIX)
        try: c.connect(s); break
        except OSError: c.close()
    c.sendall(b'not ours'); c.recv(100)
    print('called', flush=True)
threading.Thread(target=call).start()
${serving('s')}`,
  );
  const stranger = spawn('unshare', ['--mount', program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => stranger.kill('SIGKILL'));
  let said = '';
  stranger.stdout.on('data', (piece) => {
    said += piece;
  });
  await eventually(() => said.includes('called'), 'the call there to be over');
  await echoing(t, path);
  const caller = await callerAt(path);
  caller.end('ours');
  await received(caller);
  await eventually(() => count(seen.events, 'close') === 1, 'the close of ours');
  assert.equal(count(seen.events, 'open'), 1);
  assert.equal(observedBytes(seen.events, 1, 'request').toString(), 'ours');
});

for (const [what, ...below] of [
  ['a name of 70 bytes', `${'n'.repeat(65)}.sock`],
  ['twelve folders above it', ...'abcdefghijkl', 'r.sock'],
] as const)
  test(`a socket with ${what} is found when it comes`, async (t) => {
    const path = join(dirname(socketPath(t)), ...below);
    const seen = watchTap(tapOn(t, path));
    mkdirSync(dirname(path), { recursive: true });
    await echoing(t, path);
    const closes = await untilThere(async () => {
      const caller = await callerAt(path);
      caller.end('hello');
      await received(caller);
      return count(seen.events, 'close') || null;
    }, 'a call that is seen');
    assert.ok(closes > 0);
  });

const opened = (events: readonly SourceEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'open' ? [event.endpoint] : []));

const severalAt = async (t: TestContext, paths: readonly [string, string], alias: string): Promise<void> => {
  const [path, other] = paths;
  const tap = tapOn(t, path, {}, { endpoints: [path, other, alias] });
  const seen = watchTap(tap);
  for (const to of [path, other, path]) {
    const caller = await callerAt(to);
    caller.end('x');
    await received(caller);
  }
  await eventually(() => count(seen.events, 'close') === 3, 'three closes');
  assert.deepEqual(opened(seen.events), [path, other, path]);
};

test('several sockets at once are told apart, and one under two names is told once', async (t) => {
  const path = socketPath(t);
  const other = join(dirname(path), 'other.sock');
  const mounted = join(dirname(path), 'mounted');
  await echoing(t, path);
  await echoing(t, other);
  await mountedAt(mounted, dirname(path), () => severalAt(t, [path, other], join(mounted, 'r.sock')));
});
