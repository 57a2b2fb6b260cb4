import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { NativeLibrary } from '../../../src/kernel/native.ts';
import { until } from '../../support/until.ts';
import { temporaryFolder } from '../proxy/stage.ts';
import { familyRuntime, watchFamily } from './family-stage.ts';
import { nativeLibrary, socketPath } from './stage.ts';

test('forks, execs and exits of the family, with arguments, status, processor time and memory', async (t) => {
  const path = socketPath(t);
  const runtime = await familyRuntime(t, path);
  const family = watchFamily(t, path, ['process']);
  const { pid } = await runtime.run(`
    /usr/bin/env -i /bin/sh -c 'exit 3'
    python3 -c 'x = bytearray(60_000_000); [i for i in range(3_000_000)]'
    sh -c 'kill -9 $$'
    exit 0`);
  const shell = await family.exitOf(pid);
  assert.deepEqual([shell.code, shell.signal], [0, null]);
  const [first] = family.of('exec');
  assert.ok(first !== undefined);
  assert.equal(first.process.pid, pid);
  assert.equal(first.process.comm, 'bash');
  assert.equal(first.parent?.pid, runtime.pid);
  assert.equal(first.argv[0], 'bash');
  assert.equal(first.cni, null);
  const born = family.of('fork').find(({ process }) => process.pid === pid);
  assert.equal(born?.parent.pid, runtime.pid);
  assert.equal(born?.process.start, first.process.start);

  const byPid = (one: number) => family.of('exit').find(({ process }) => process.pid === one);
  const execOf = (argv: string) => family.of('exec').findLast((event) => event.argv.join(' ') === argv);
  const three = execOf('/bin/sh -c exit 3');
  assert.equal(three?.parent?.pid, pid);
  assert.equal(byPid(three?.process.pid ?? 0)?.code, 3);
  const killed = byPid(execOf('sh -c kill -9 $$')?.process.pid ?? 0);
  assert.deepEqual([killed?.code, killed?.signal], [null, 9]);
  const busy = family.of('exec').findLast(({ argv }) => argv.some((one) => one.includes('bytearray')));
  const exit = byPid(busy?.process.pid ?? 0);
  assert.ok(exit !== undefined);
  assert.ok(exit.userNs + exit.systemNs > 20_000_000n, `${exit.userNs} ${exit.systemNs}`);
  assert.ok((exit.peakRssBytes ?? 0) > 60_000_000 && (exit.peakRssBytes ?? 0) < 300_000_000);
  // What was a copy of another program before its exec does not count that one's memory.
  assert.ok((byPid(three?.process.pid ?? 0)?.peakRssBytes ?? 0) < 20_000_000);
});

/** Everything that the native side hands over. */
const overheard = (native: NativeLibrary): { readonly native: NativeLibrary; readonly bytes: Buffer[] } => {
  const bytes: Buffer[] = [];
  return {
    bytes,
    native: {
      ...native,
      openTap(plan) {
        const opened = native.openTap(plan);
        if (!opened.opened) return opened;
        const { tap } = opened;
        return {
          ...opened,
          tap: {
            alarm: tap.alarm,
            close: tap.close,
            drain() {
              const drained = tap.drain();
              bytes.push(Buffer.from(drained));
              return drained;
            },
          },
        };
      },
    },
  };
};

test('of an environment only what names the pod leaves the kernel; arguments leave critrace without secrets', async (t) => {
  const path = socketPath(t);
  const folder = temporaryFolder((clean) => t.after(clean));
  const runtime = await familyRuntime(t, path);
  // The script itself passes the watched socket: its secrets are put together where they are used.
  const { native, bytes } = overheard(nativeLibrary());
  const family = watchFamily(t, path, ['process'], {}, { native });
  writeFileSync(
    join(folder, 'plugin'),
    `import os
secret = 'hun' + 'ter2'
filler = {f'FILLER_{i}': secret for i in range(300)}
long = 'x' * (511 - len('LONG=')) + 'CNI_CONTAINERID=' + secret
os.execve('/bin/sleep', ['/opt/cni/bin/bridge', '0', '--password=' + 'correct' + 'horse'], {
  'FIRST': secret, **filler, 'LONG': long, 'CNI_COMMAND': 'ADD', 'CNI_CONTAINERID': 'a1', 'CNI_IFNAME': 'eth0',
  'CNI_PATH': '/opt/' + secret, 'CNI_NETNS': '/run/' + secret, 'XCNI_COMMAND': secret, 'CNI_ARGSX': secret,
  'CNI_ARGS': f'IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;TOKEN={secret};K8S_POD_NAME=web;XK8S_POD_UID={secret};K8S_POD_UID=u1',
  'LAST': secret})`,
  );
  const { pid, code, output } = await runtime.run(`exec python3 ${folder}/plugin`);
  assert.equal(code, 1, output);
  await family.exitOf(pid);
  const plugin = family.of('exec').findLast(({ process }) => process.pid === pid);
  assert.deepEqual(plugin?.cni, {
    command: 'ADD',
    containerId: 'a1',
    interfaceName: 'eth0',
    podNamespace: 'shop',
    podName: 'web',
    podUid: 'u1',
    podInfraContainerId: null,
  });
  assert.deepEqual(plugin?.argv, ['/opt/cni/bin/bridge', '0', '--password=[redacted]']);
  const raw = Buffer.concat(bytes).toString('latin1');
  assert.ok(raw.includes('K8S_POD_NAME=web'), 'what may leave is there');
  assert.ok(!raw.includes('hunter2'), 'a secret of the environment left the kernel');
  const told = JSON.stringify(family.events, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  assert.doesNotMatch(told, /correcthorse|hunter2/);
});

test('arguments beyond the bound are cut, and it is said', async (t) => {
  const path = socketPath(t);
  const runtime = await familyRuntime(t, path);
  const family = watchFamily(t, path, ['process']);
  const { pid } = await runtime.run("/bin/echo $(seq 1000) >/dev/null; /bin/echo '' ''");
  await family.exitOf(pid);
  const echoes = family.of('exec').filter(({ argv }) => argv[0] === '/bin/echo');
  const [long, empty] = echoes;
  assert.ok(long !== undefined && empty !== undefined);
  assert.equal(long.argvCut, true);
  assert.deepEqual(long.argv.slice(1, 4), ['1', '2', '3']);
  assert.ok(Buffer.byteLength(long.argv.join(' ')) <= 1024);
  assert.deepEqual([empty.argv, empty.argvCut], [['/bin/echo', '', ''], false]);
});

test('syncs have their file and their time, and requests of the disk are counted', async (t) => {
  const path = socketPath(t);
  const folder = temporaryFolder((clean) => t.after(clean));
  const runtime = await familyRuntime(t, path);
  const family = watchFamily(t, path, ['process', 'disk']);
  const { pid } = await runtime.run(`exec python3 -c "
import os
f = os.open('${folder}/meta.db', os.O_CREAT | os.O_WRONLY)
for call in (os.fsync, os.fdatasync):
    os.write(f, b'x' * 300000)
    call(f)
"`);
  const { process } = await family.exitOf(pid);
  const syncs = family.of('file_sync').filter((event) => event.process.pid === pid);
  assert.deepEqual(
    syncs.map(({ operation }) => operation),
    ['fsync', 'fdatasync'],
  );
  for (const { file, process: who } of syncs) {
    assert.match(file ?? '', /\/meta\.db$/);
    assert.equal(who.start, process.start);
  }
  const own = () =>
    family.of('block_io').filter((event) => event.process?.pid === pid && event.operation === 'write');
  const bytes = () => own().reduce((sum, event) => sum + event.bytes, 0n);
  await until(
    () => bytes() >= 600_000n,
    () => `the writes of ${pid}: ${bytes()} bytes`,
  );
  assert.ok(
    own().every(({ requests, durationNs, device }) => requests > 0 && durationNs > 0n && device !== ''),
  );
});

test('on request, syncs on any file system, by their system calls, each once', async (t) => {
  const path = socketPath(t);
  const folder = temporaryFolder((clean) => t.after(clean));
  const runtime = await familyRuntime(t, path);
  // A kernel keeps tracefs ready; a machine need not have mounted it.
  if (!existsSync('/sys/kernel/tracing/events'))
    execFileSync('mount', ['-t', 'tracefs', 'none', '/sys/kernel/tracing']);
  const family = watchFamily(t, path, ['process', 'disk', 'syncs']);
  const { pid, code } = await runtime.run(`exec python3 -c "
import ctypes, os
for folder in ('/dev/shm', '${folder}'):
    f = os.open(folder + '/critrace-meta.db', os.O_CREAT | os.O_WRONLY)
    os.write(f, b'x' * 3000)
    os.fsync(f); os.fdatasync(f); ctypes.CDLL(None).syncfs(f)
    os.unlink(folder + '/critrace-meta.db')
try: os.fsync(1000)
except OSError: pass
"`);
  assert.equal(code, 0);
  await family.exitOf(pid);
  const syncs = family.of('file_sync').filter((event) => event.process.pid === pid);
  const known = ['fsync', 'fdatasync', 'syncfs'].map((operation) => [operation, 'critrace-meta.db']);
  assert.deepEqual(
    syncs.map(({ operation, file }) => [operation, file?.split('/').at(-1) ?? null]),
    [...known, ...known, ['fsync', null]],
  );
});

test('signals that end a process, with who sent them', async (t) => {
  const path = socketPath(t);
  const runtime = await familyRuntime(t, path);
  const family = watchFamily(t, path, ['process', 'signal']);
  const { pid, output } = await runtime.run(`
    sleep 100 & a=$!; kill -CONT $a; kill -9 $a; wait $a
    sh -c 'trap "exit 4" TERM HUP; echo ready; while :; do sleep 0.02; done' > /tmp/ready.$$ & b=$!
    until grep -q ready /tmp/ready.$$; do sleep 0.01; done; rm /tmp/ready.$$; kill -HUP $b; wait $b
    python3 -c 'import ctypes; ctypes.string_at(0)' & c=$!; wait $c
    echo $a $b $c`);
  await family.exitOf(pid);
  const [a, b, c] = (output.split('\n').at(-1) ?? '').split(' ').map(Number);
  const signals = family
    .of('signal')
    .map(({ signal, process, sender }) => [process.pid, signal, sender?.pid]);
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  assert.deepEqual(
    signals.filter(([who]) => who === a),
    [[a, 9, pid]],
  );
  // What is handled ends nobody.
  assert.deepEqual(
    signals.filter(([who]) => who === b),
    [],
  );
  const [fault] = signals.filter(([who, signal]) => signal === 11 && who !== a && who !== b);
  assert.ok(fault !== undefined);
  assert.equal(fault[2], undefined);
});

const listening = async (t: TestContext, host: string): Promise<AddressInfo> => {
  const server = createServer((socket) => socket.end()).listen(0, host);
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address;
};

test('connections that the runtime opens, and none of containers', async (t) => {
  const path = socketPath(t);
  const folder = temporaryFolder((clean) => t.after(clean));
  const [address, address6] = await Promise.all([listening(t, '127.0.0.1'), listening(t, '::1')]);
  const runtime = await familyRuntime(t, path);
  const family = watchFamily(t, path, ['process', 'tcp']);
  const { pid } = await runtime.run(`
    (exec 3<>/dev/tcp/127.0.0.1/${address.port}) || true
    (exec 3<>/dev/tcp/::1/${address6.port}) || true
    (exec 3<>/dev/tcp/127.0.0.1/1) || true
    cp /bin/bash ${folder}/containerd-shim-x
    ${folder}/containerd-shim-x -c '(exec 3<>/dev/tcp/127.0.0.1/${address.port}); true'`);
  await family.exitOf(pid);
  assert.deepEqual(
    family.of('tcp_connect').map((event) => [event.address, event.port, event.connected]),
    [
      ['127.0.0.1', address.port, true],
      ['::1', address6.port, true],
      ['127.0.0.1', 1, false],
    ],
  );
});

/** Where the memory controller is, and where cgroups can be frozen; of one or of two hierarchies. */
const root = '/sys/fs/cgroup';
const hierarchies = existsSync(`${root}/cgroup.controllers`)
  ? { memory: root, unified: root, limit: 'memory.max' }
  : { memory: `${root}/memory`, unified: `${root}/unified`, limit: 'memory.limit_in_bytes' };

/** A cgroup that goes when the test is over. */
const cgroup = (t: TestContext, hierarchy: string): string => {
  const path = join(hierarchy, `critrace-test-${process.pid}`);
  mkdirSync(path);
  t.after(() => rmdirSync(path));
  return path;
};

test('cgroups that the family makes, moves into, freezes, thaws and removes', async (t) => {
  const path = socketPath(t);
  const runtime = await familyRuntime(t, path);
  const frozen = cgroup(t, hierarchies.unified);
  const family = watchFamily(t, path, ['process', 'cgroup']);
  const name = `critrace-test-${process.pid}-made`;
  const other = `${hierarchies.unified}/${name}-other`;
  const { pid, output } = await runtime.run(`
    mkdir ${hierarchies.memory}/${name}
    sleep 100 & echo $! > ${hierarchies.memory}/${name}/cgroup.procs; echo $!
    ${hierarchies.unified === root ? ':' : `mkdir ${other} && rmdir ${other}`}
    kill -9 $!; wait $! 2>/dev/null
    until rmdir ${hierarchies.memory}/${name} 2>/dev/null; do sleep 0.01; done
    echo 1 > ${frozen}/cgroup.freeze; echo 0 > ${frozen}/cgroup.freeze`);
  await family.exitOf(pid);
  const [sleeper = 0] = output.split('\n').map(Number);
  assert.deepEqual(
    family.of('cgroup').map((event) => [event.action, event.path, event.process?.pid === sleeper]),
    [
      ['create', `/${name}`, false],
      ['attach', `/${name}`, true],
      ['remove', `/${name}`, false],
      ['freeze', `/${frozen.slice(dirname(frozen).length + 1)}`, false],
      ['thaw', `/${frozen.slice(dirname(frozen).length + 1)}`, false],
    ],
  );
});

test('a process that the kernel kills for want of memory, and where it lived', async (t) => {
  const path = socketPath(t);
  const runtime = await familyRuntime(t, path);
  const limited = cgroup(t, hierarchies.memory);
  writeFileSync(join(limited, hierarchies.limit), String(24 * 1024 * 1024));
  const family = watchFamily(t, path, ['process', 'oom', 'signal']);
  const { pid } = await runtime.run(
    `echo $$ > ${limited}/cgroup.procs; exec python3 -c 'x = bytearray(200_000_000)'`,
  );
  const exit = await family.exitOf(pid);
  assert.equal(exit.signal, 9);
  const [kill] = family.of('oom_kill');
  assert.equal(kill?.process.pid, pid);
  assert.equal(kill?.cgroup, `/${limited.slice(dirname(limited).length + 1)}`);
  const [signal] = family.of('signal').filter((event) => event.process.pid === pid);
  assert.deepEqual([signal?.signal, signal?.sender], [9, null]);
});

test('on request, how long a process waited for a processor and for the disk', async (t) => {
  const path = socketPath(t);
  const folder = temporaryFolder((clean) => t.after(clean));
  const runtime = await familyRuntime(t, path);
  const family = watchFamily(t, path, ['process', 'scheduling']);
  // On one processor: three that always want to run, and one that waits for the disk.
  const { pid } = await runtime.run(`
    for i in 1 2 3; do taskset -c 0 bash -c 'for ((i = 0; i < 60000; i++)); do :; done' & done
    dd if=/dev/zero of=${folder}/x bs=64k count=30 oflag=dsync 2>/dev/null; wait`);
  await family.exitOf(pid);
  const programs = (name: string): Set<number> =>
    new Set(family.of('exec').flatMap((exec) => (exec.process.comm === name ? [exec.process.pid] : [])));
  const sum = (pids: ReadonlySet<number>, of: 'runQueueNs' | 'blockedNs'): bigint =>
    family.of('scheduling').reduce((all, event) => (pids.has(event.process.pid) ? all + event[of] : all), 0n);
  const shells = programs('bash');
  const writers = programs('dd');
  await until(
    () => sum(shells, 'runQueueNs') > 20_000_000n && sum(writers, 'blockedNs') > 1_000_000n,
    () =>
      `waits: ${sum(shells, 'runQueueNs')} ns for a processor, ${sum(writers, 'blockedNs')} ns for the disk`,
  );
  const busiest = family.of('scheduling').find(({ process }) => shells.has(process.pid));
  assert.ok(busiest !== undefined && busiest.waits > 0);
});

test('nothing is told that was not asked for', async (t) => {
  const path = socketPath(t);
  const runtime = await familyRuntime(t, path);
  const family = watchFamily(t, path, ['signal']);
  const folder = temporaryFolder((clean) => t.after(clean));
  await runtime.run(`echo x > ${folder}/x; sync ${folder}/x; sleep 100 & kill -9 $!; wait`);
  await until(() => family.of('signal').length > 0, 'the signal');
  assert.deepEqual(
    family.events.map(({ kind }) => kind),
    ['signal'],
  );
  const states = Object.fromEntries(family.tap.programs.map(({ name, state }) => [name, state]));
  assert.equal(states.signal, 'attached');
  assert.equal(states.family, 'attached');
  assert.equal(states.exec, 'not_wanted');
});
