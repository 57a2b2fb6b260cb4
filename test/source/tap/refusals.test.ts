import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { SourceEvent } from '../../../src/source/event.ts';
import { eventually } from '../proxy/stage.ts';
import { count, pythonScript, socketPath, tapOn, watchTap } from './stage.ts';

const run = promisify(execFile);

type Refused = Extract<SourceEvent, { kind: 'refused' }>;

const refusals = (events: readonly SourceEvent[]): Refused[] =>
  events.flatMap((event) => (event.kind === 'refused' ? [event] : []));

/** Connects so often to `to`, a Python expression; says its pid, and why it failed. */
const knocking = (to: string, times: number): string => `
print(os.getpid())
for _ in range(${times}):
    with socket.socket(socket.AF_UNIX) as c:
        try: c.connect(${to})
        except OSError as e: print(type(e).__name__)
`;

/** As told when the caller is gone already. */
const knock = async (path: string, to: string, times: number): Promise<{ pid: number; why: string[] }> => {
  const { stdout } = await run(...pythonScript(path, knocking(to, times)));
  const [pid, ...why] = stdout.trim().split('\n');
  return { pid: Number(pid), why };
};

const callersOf = (events: readonly SourceEvent[]): (string | number | null)[][] =>
  refusals(events).map(({ endpoint, client: { pid, comm, uid } }) => [endpoint, pid, comm, uid]);

test('a connect to a socket that is not there, or that nobody listens at, is told with who tried, each time', async (t) => {
  const path = socketPath(t);
  const seen = watchTap(tapOn(t, path));
  const absent = await knock(path, 's', 3);
  assert.deepEqual(absent.why, Array(3).fill('FileNotFoundError'));
  await eventually(() => count(seen.events, 'refused') === 3, 'three refusals');
  // One that was killed leaves its socket behind.
  await run(...pythonScript(path, 'socket.socket(socket.AF_UNIX).bind(s)'));
  const stale = await knock(path, 's', 2);
  assert.deepEqual(stale.why, Array(2).fill('ConnectionRefusedError'));
  await eventually(() => count(seen.events, 'refused') === 5, 'two more');
  const uid = process.getuid?.() ?? 0;
  assert.deepEqual(callersOf(seen.events), [
    ...Array(3).fill([path, absent.pid, 'python3', uid]),
    ...Array(2).fill([path, stale.pid, 'python3', uid]),
  ]);
  for (const { client, seen: at } of refusals(seen.events)) {
    assert.ok(client.pidStart !== null && client.pidStart < at.at);
    assert.ok(at.at <= BigInt(Date.now()) * 1_000_000n + 1_000_000n);
  }
  const numbers = refusals(seen.events).map(({ connection }) => connection);
  assert.equal(new Set(numbers).size, 5);
});

test('other sockets that are not there are not told of, however alike their paths are', async (t) => {
  const path = socketPath(t);
  const seen = watchTap(tapOn(t, path));
  mkdirSync(join(dirname(path), 'b'));
  for (const to of [
    "s + 'x'",
    "os.path.dirname(s) + '/q.sock'",
    "os.path.dirname(s) + '/b/r.sock'",
    "'r.sock'",
  ])
    assert.deepEqual((await knock(path, to, 1)).why, ['FileNotFoundError'], to);
  assert.deepEqual((await knock(path, "'\\0' + s", 1)).why, ['ConnectionRefusedError']);
  await knock(path, 's', 1);
  await eventually(() => count(seen.events, 'refused') > 0, 'the last one');
  assert.equal(count(seen.events, 'refused'), 1);
});

/** A program that stays, as what its paths mean can be asked only while it does. */
const staying = async (
  t: TestContext,
  path: string,
  command: readonly string[],
  script: string,
): Promise<void> => {
  const [program, args] = pythonScript(path, `${script}\nprint('done', flush=True)\nsys.stdin.read()`);
  const [first = '', ...rest] = [...command, program, ...args];
  const child = spawn(first, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (piece) => {
    said += piece;
  });
  await eventually(() => said.includes('done'), 'the caller to have tried');
};

test('what a path means is up to its caller: a relative one, a mount namespace, a mount over it', async (t) => {
  const path = socketPath(t);
  const seen = watchTap(tapOn(t, path));
  const hide =
    "import subprocess; subprocess.run(['mount', '-t', 'tmpfs', 'none', os.path.dirname(s)], check=True)\n";
  await staying(t, path, ['unshare', '--mount'], hide + knocking('s', 1));
  await staying(t, path, ['unshare', '--mount'], knocking('s', 1));
  await eventually(() => count(seen.events, 'refused') === 1, 'the one from another namespace');
  await staying(t, path, [], `os.chdir(os.path.dirname(s))\n${knocking("'r.sock'", 1)}`);
  await eventually(() => count(seen.events, 'refused') === 2, 'the relative one');
});

test('a caller that knocks without a pause is counted, and told no more often than the bound', async (t) => {
  const path = socketPath(t);
  const tap = tapOn(t, path, { paceMs: 50 });
  const seen = watchTap(tap);
  const before = tap.counters.rounds;
  await knock(path, 's', 20_000);
  const told = (): number => count(seen.events, 'refused') + tap.counters.untoldRefusals;
  await eventually(() => told() >= 19_990, 'all of them');
  assert.ok(told() <= 20_000);
  assert.ok(count(seen.events, 'refused') <= 64 * (tap.counters.rounds - before));
  assert.equal(tap.counters.lostBytes, 0);
});
