import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { detectContainerd } from '../../src/demo/containerd.ts';
import { runScenario, type ScenarioResult } from '../../src/demo/scenario.ts';
import { systemClock } from '../../src/foundation/clock.ts';

const available = await detectContainerd();
const real = available.kind === 'available';
const runtime = real ? 'containerd' : 'simulated';

/** Processes that start a containerd in this file: what others start at the same time is none of its business. */
const pids = new Set([process.pid]);

/** What this machine shows of their containers: processes, mounts, devices, cgroups, folders. */
const traces = (): Record<string, readonly string[]> => {
  const names = (folder: string): string[] => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  };
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  const ours = (text: string): boolean =>
    [...pids].some((pid) => text.includes(`critrace-containerd-${pid}-`));
  const shared = (name: string): boolean => /containerd|runc|netns|cni/.test(name);
  const processes = names('/proc').filter((name) => /^\d+$/.test(name));
  return {
    processes: processes.map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')).filter(ours),
    mounts: read('/proc/self/mountinfo').split('\n').filter(ours),
    devices: names('/sys/class/net').sort(),
    forwarding: [read('/proc/sys/net/ipv4/ip_forward')],
    cgroups: ['', ...names('/sys/fs/cgroup')].flatMap((hierarchy) =>
      names(join('/sys/fs/cgroup', hierarchy)).filter(ours),
    ),
    folders: names('/tmp').filter(ours),
    run: names('/run').filter(shared),
    varLib: names('/var/lib').filter(shared),
  };
};

const before = traces();
const assertNothingLeft = (): void => assert.deepEqual(traces(), before);

const scenario = (options: Partial<Parameters<typeof runScenario>[0]> = {}): Promise<ScenarioResult> =>
  runScenario({
    runtime,
    clock: systemClock(),
    log: () => undefined,
    signal: new AbortController().signal,
    pace: 0.2,
    ...options,
  });

interface Separate {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  /** Resolves at the first line that begins so. */
  line(prefix: string): Promise<string>;
}

/** The scenario in a process of its own. */
const separately = (wanted: string, wrapper: readonly string[] = [], follow = false): Separate => {
  const script = fileURLToPath(new URL('../support/run-scenario.ts', import.meta.url));
  const command = [...wrapper, process.execPath, '--import', 'tsx', script, wanted];
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FOLLOW: follow ? '1' : '0' },
  });
  if (child.pid !== undefined) pids.add(child.pid);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const reader = createInterface(child.stdout);
  let ended = false;
  const wake = () => {
    for (const each of waiting) each();
  };
  reader.on('line', (line) => {
    lines.push(line);
    wake();
  });
  reader.on('close', () => {
    ended = true;
    wake();
  });
  return {
    child,
    line: (prefix) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => line.startsWith(prefix));
          if (found === undefined && !ended) return;
          waiting.delete(look);
          if (found === undefined) reject(new Error(`no line "${prefix}" in: ${lines.join(' | ')}`));
          else resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
};

test('containerd is used wherever it must be', (t) => {
  if (available.kind === 'unavailable') t.diagnostic(`the simulated runtime stands in: ${available.message}`);
  if (process.env.CRITRACE_REQUIRE_CONTAINERD === '1') assert.deepEqual(available.kind, 'available');
});

for (const versions of [['v1'], ['v1alpha2']] as const)
  test(`pods start, are probed and stop on ${runtime} in ${versions}, one pull fails`, async () => {
    const result = await scenario({ versions });
    assert.equal(result.runtime, runtime);
    const failures = result.calls.filter(({ code }) => code !== 'OK');
    const refusedPull = failures.find(({ method }) => method === 'PullImage');
    assert.equal(refusedPull?.code, 'UNKNOWN');
    assert.match(refusedPull.details, /"127\.0\.0\.1:1\/none:1".*connect: connection refused/);
    // containerd before 2.0 has no RuntimeConfig.
    for (const { method, code } of failures)
      assert.ok(
        ['PullImage UNKNOWN', 'RuntimeConfig UNIMPLEMENTED'].includes(`${method} ${code}`),
        `${method} ${code}`,
      );
    const of = (name: string) => result.calls.filter(({ method }) => method === name);
    for (const name of ['StartContainer', 'StopContainer', 'RemoveContainer', 'ExecSync', 'RemovePodSandbox'])
      assert.equal(of(name).length, 2, name);
    assert.ok(of('ListPodSandbox').length > 4);
    assertNothingLeft();
  });

test('two at the same time do not meet', async () => {
  const sockets: string[] = [];
  const through = async (socket: string) => {
    sockets.push(socket);
    return { socket, close: async () => undefined };
  };
  const results = await Promise.all([scenario({ through }), scenario({ through, pods: 2 })]);
  assert.equal(new Set(sockets).size, 2);
  for (const { calls } of results)
    assert.deepEqual(
      [...new Set(calls.filter(({ method }) => method === 'StartContainer').map(({ code }) => code))],
      ['OK'],
    );
  assertNothingLeft();
});

test('an abort at any point leaves nothing', async () => {
  for (const point of ['starting', 'stopping', 'removing']) {
    const stop = new AbortController();
    const log = (line: string): void => {
      if (line.startsWith(point)) stop.abort();
    };
    const result = await scenario({ log, signal: stop.signal });
    assert.equal(result.interrupted, true, point);
    assertNothingLeft();
  }
});

test('a failure between runtime and kubelet leaves nothing', async () => {
  await assert.rejects(
    scenario({ through: () => Promise.reject(new Error('no proxy today')) }),
    /no proxy today/,
  );
  assertNothingLeft();
});

test('Ctrl-C in a terminal leaves nothing', async () => {
  const { child, line } = separately(runtime, [], true);
  await line('starting default/web-0');
  child.kill('SIGINT');
  const result = JSON.parse(await line('{'));
  assert.equal(result.interrupted, true);
  if (child.exitCode === null) await once(child, 'exit');
  assertNothingLeft();
});

if (real) {
  test('a killed demo takes its processes with it, and the next one removes its folder and cgroups', {
    timeout: 60_000,
  }, async () => {
    const { child, line } = separately(runtime, [], true);
    await line('starting default/web-0');
    child.kill('SIGKILL');
    await once(child, 'exit');
    // The kernel ends the namespace some moments later.
    while (traces().processes?.length !== 0) await delay(20);
    assert.equal(traces().folders?.length, 1);
    await scenario();
    assertNothingLeft();
  });

  test('a root that may not make namespaces gets the simulated runtime and one line of reason', async () => {
    const { child, line } = separately('auto', [
      'setpriv',
      '--bounding-set=-sys_admin',
      '--inh-caps=-sys_admin',
    ]);
    assert.match(
      await line('containerd cannot run here'),
      /^containerd cannot run here \(this root may not make namespaces and mounts \(.+\)\): using a simulated runtime$/,
    );
    const result = JSON.parse(await line('{'));
    assert.equal(result.runtime, 'simulated');
    assert.deepEqual(
      result.calls.filter((call: string) => !call.endsWith(' OK')),
      ['PullImage UNKNOWN'],
    );
    if (child.exitCode === null) await once(child, 'exit');
    assertNothingLeft();
  });
}
