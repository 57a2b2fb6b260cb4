import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { KernelEvent } from '../../../src/kernel/kernel-event.ts';
import { until } from '../../support/until.ts';
import { temporaryFolder } from '../proxy/stage.ts';
import { type FamilyRuntime, familyRuntime, type WatchedFamily, watchFamily } from './family-stage.ts';
import { socketPath } from './stage.ts';

const run = promisify(execFile);

const processesOf = (event: KernelEvent): number[] =>
  'process' in event && event.process !== null ? [event.process.pid] : [];

/** Runs something in the family that marks the end of what came before. */
const settled = async (family: WatchedFamily, runtime: FamilyRuntime): Promise<void> => {
  const { pid } = await runtime.run('true');
  await family.exitOf(pid);
};

test('processes outside of the family are never told of', async (t) => {
  const path = socketPath(t);
  const folder = temporaryFolder((clean) => t.after(clean));
  const runtime = await familyRuntime(t, path);
  const family = watchFamily(t, path, ['process', 'disk', 'signal', 'cgroup', 'tcp', 'oom']);
  const strangers: number[] = [];
  for (let round = 0; round < 20; round++) {
    const { stdout } = await run('bash', [
      '-c',
      `echo $$; echo x > ${folder}/s; sync -d ${folder}/s; sh -c 'kill -9 $$' & echo $!; wait; (exec 3<>/dev/tcp/127.0.0.1/1)`,
    ]).catch((error: { stdout: string }) => error);
    strangers.push(...stdout.split('\n').slice(0, 2).map(Number));
  }
  await settled(family, runtime);
  assert.equal(strangers.length, 40);
  const told = new Set(family.events.flatMap(processesOf));
  assert.deepEqual(
    strangers.filter((pid) => told.has(pid)),
    [],
  );
  assert.ok(!told.has(process.pid), 'the observer itself');
});

test('who was there before is known, and what containers live in; a runtime that is started again is adopted', async (t) => {
  const path = socketPath(t);
  const folder = temporaryFolder((clean) => t.after(clean));
  const runtime = await familyRuntime(t, path);
  const go = join(folder, 'go');
  // A shim of this runtime whose parent is gone, one of another, and a child of the runtime.
  const shim = join(folder, 'containerd-shim-x');
  copyFileSync('/bin/bash', shim);
  const waits = `until [ -e ${go} ]; do sleep 0.02; done; /bin/echo $0 >/dev/null`;
  const detached = async (name: string, address: string): Promise<void> => {
    const script = join(folder, name);
    writeFileSync(script, `${waits.replace('$0', name)}\n`);
    await run('setsid', ['--fork', shim, script, '-address', address], { timeout: 5000 });
  };
  await detached('ours', path);
  await detached('theirs', '/run/other.sock');
  const child = runtime.run(waits.replace('$0', 'child'));
  const family = watchFamily(t, path, ['process'], { paceMs: 250 });
  writeFileSync(go, '');
  const echoes = (): string[] =>
    family.of('exec').flatMap(({ argv }) => (argv[0] === '/bin/echo' ? [argv[1] ?? ''] : []));
  await child;
  await until(
    () => echoes().length >= 2,
    () => `both: ${echoes().join()}`,
  );
  await settled(family, runtime);
  assert.deepEqual(echoes().sort(), ['child', 'ours']);

  await runtime.kill();
  const again = await familyRuntime(t, path);
  // Between two looks of the tap: the first bytes that it reads make it known, with what it starts for them.
  const first = await again.run('exec /bin/true first');
  await settled(family, again);
  const { parent, argv } = family.of('exec').find(({ process: { pid } }) => pid === first.pid) ?? {};
  assert.deepEqual(argv, ['bash', '-c', 'exec /bin/true first']);
  assert.equal(parent?.pid, again.pid);
});

test('a runtime is adopted at its first read, also of bytes that came when it had accepted', async (t) => {
  const path = socketPath(t);
  const family = watchFamily(t, path, ['process'], { paceMs: 250 });
  for (const accepted of [false, true]) {
    const runtime = await familyRuntime(t, path);
    const { pid } = await runtime.run('exec /bin/true first', accepted);
    await settled(family, runtime);
    const { parent } = family.of('exec').find(({ process }) => process.pid === pid) ?? {};
    assert.equal(parent?.pid, runtime.pid);
    await runtime.kill();
  }
});

/** Makes a process of that number that has nothing to do with the family; false: others were faster. */
const strangerOf = async (pid: number): Promise<boolean> => {
  const { stdout } = await run('bash', [
    '-c',
    `echo ${pid - 1} > /proc/sys/kernel/ns_last_pid; /bin/sh -c 'echo $$; exec /bin/true stranger' & wait`,
  ]);
  return Number(stdout) === pid;
};

test('a stranger that gets the number of a member that is gone stays a stranger', async (t) => {
  const path = socketPath(t);
  const runtime = await familyRuntime(t, path);
  const family = watchFamily(t, path, ['process', 'signal']);
  let reused = 0;
  for (let attempt = 0; attempt < 50 && reused < 3; attempt++) {
    const { pid } = await runtime.run('true');
    if (await strangerOf(pid)) reused += 1;
  }
  assert.ok(reused > 0, 'no number was used again');
  await settled(family, runtime);
  assert.deepEqual(
    family.of('exec').filter(({ argv }) => argv.includes('stranger')),
    [],
  );
});

const storm = async (
  t: TestContext,
  processes: number,
  limits: Parameters<typeof watchFamily>[3],
): Promise<{ family: WatchedFamily; lost: number; told: number }> => {
  const path = socketPath(t);
  const runtime = await familyRuntime(t, path);
  const family = watchFamily(t, path, ['process'], limits);
  const { code, output } = await runtime.run(`exec python3 -c "
import os
for i in range(${processes}):
    os.posix_spawn('/bin/true', ['/bin/true', 'storm'], {})
    if i % 50 == 49:
        for _ in range(50): os.wait()
"`);
  assert.equal(code, 0, output);
  const count = () => {
    const told = family.of('exec').filter(({ argv }) => argv.includes('storm')).length;
    const lost = family.of('lost').reduce((sum, { records }) => sum + records, 0);
    return { told, lost };
  };
  const rounds = family.tap.counters.rounds;
  await until(() => family.tap.counters.rounds > rounds + 3, 'what was left');
  return { family, ...count() };
};

test('10,000 short processes are told of, all of them, with bounded memory', async (t) => {
  const before = process.memoryUsage().rss;
  const { family, told, lost } = await storm(t, 10_000, {});
  t.diagnostic(
    `${told} execs told, ${lost} events lost, RSS +${(process.memoryUsage().rss - before) / 1e6} MB`,
  );
  assert.equal(lost, 0);
  assert.equal(told, 10_000);
  const spawned = family
    .of('exec')
    .flatMap(({ argv, process }) => (argv.includes('storm') ? [process.pid] : []));
  const exits = new Set(family.of('exit').map(({ process }) => `${process.pid} ${process.start}`));
  assert.ok(exits.size >= new Set(spawned).size);
  assert.equal(family.tap.counters.unwatchedProcesses, 0);
});

test('what a ring that is too small loses is counted exactly', async (t) => {
  const { family, lost } = await storm(t, 2_000, {
    eventRingBytes: 16 * 1024,
    asideBytes: 0,
    paceMs: 100,
    busyPaceMs: 100,
  });
  assert.ok(lost > 0, 'the ring was too small');
  const told = ['fork', 'exec', 'exit'].map(
    (kind) => family.events.filter((event) => event.kind === kind).length,
  );
  const all = told.reduce((sum, count) => sum + count, lost);
  // Each of the storm forks, execs and exits; besides it there are bash, which becomes python, and perhaps a shim of pyenv.
  assert.ok(all >= 6_000 + 3 && all < 6_000 + 200, `${told.join(' ')} told, ${lost} lost`);
  assert.equal(family.tap.counters.lostKernelEvents, lost);
});

test('a table of the family that is full is said, and costs nobody else', async (t) => {
  const path = socketPath(t);
  const runtime = await familyRuntime(t, path);
  const family = watchFamily(t, path, ['process'], { maxProcesses: 4 });
  const { pid } = await runtime.run('for i in 1 2 3 4 5 6 7 8; do sleep 0.2 & done; wait');
  await until(() => family.tap.counters.unwatchedProcesses > 0, 'a process that found no room');
  await family.exitOf(pid);
  await settled(family, runtime);
});
