import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createProcesses, parseBootTime, parseCgroup, parseStat } from '../../src/source/process.ts';

const rest = 'S 1 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 123456 99 1';

test('a process’s name may hold anything', () => {
  for (const comm of ['kubelet', 'tmux: server', 'a) b (c', ')', '(', '', 'x) S 1 2 3'])
    assert.deepEqual(parseStat(`42 (${comm}) ${rest}\n`), { comm, startTicks: 123456n });
  for (const stat of [
    '',
    '42',
    '42 (x',
    '42 (x) S 1 2',
    '42 (x) S 1 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 -5 99',
  ])
    assert.equal(parseStat(stat), null);
});

test('the boot time is a second of the epoch', () => {
  assert.equal(parseBootTime('cpu 1 2\nintr 5\nbtime 1795470000\nprocesses 7\n'), 1_795_470_000_000_000_000n);
  assert.equal(parseBootTime('cpu 1 2\n'), null);
});

test('a cgroup is the path that tells most', () => {
  const cases: [string, string | null][] = [
    ['0::/system.slice/kubelet.service\n', '/system.slice/kubelet.service'],
    ['0::/\n', '/'],
    ['12:cpu,cpuacct:/c\n1:name=systemd:/system.slice/a.service\n0::/\n', '/system.slice/a.service'],
    ['4:memory:/kubepods/pod1\n1:name=systemd:/\n', '/kubepods/pod1'],
    ['4:memory:/with:colon\n', '/with:colon'],
    ['3:blkio:/only\n', '/only'],
    ['', null],
    ['nonsense', null],
  ];
  for (const [text, path] of cases) assert.equal(parseCgroup(text), path, text);
});

test('a peer is what /proc says of it, and what it does not say is null', (t) => {
  const proc = mkdtempSync(join(tmpdir(), 'critrace-'));
  t.after(() => rmSync(proc, { recursive: true }));
  mkdirSync(join(proc, '42'));
  writeFileSync(join(proc, 'stat'), 'btime 1795470000\n');
  writeFileSync(join(proc, '42', 'stat'), `42 (kubelet) ${rest}\n`);
  writeFileSync(join(proc, '42', 'cgroup'), '0::/k\n');
  const processes = createProcesses(proc);
  const nobody = { pid: null, pidStart: null, uid: null, comm: null, cgroup: null };
  assert.deepEqual(processes.peer({ pid: 42, uid: 1, gid: 2 }), {
    pid: 42,
    pidStart: 1_795_471_234_560_000_000n,
    uid: 1,
    comm: 'kubelet',
    cgroup: '/k',
  });
  assert.deepEqual(processes.peer({ pid: 43, uid: 1, gid: 2 }), { ...nobody, pid: 43, uid: 1 });
  assert.deepEqual(processes.peer({ pid: null, uid: 1, gid: 2 }), { ...nobody, uid: 1 });
  assert.deepEqual(processes.peer(null), nobody);
});

test('this process is found in the real /proc', () => {
  const self = createProcesses().peer({ pid: process.pid, uid: 0, gid: 0 });
  assert.ok(self.comm !== null && self.comm !== '', 'a name');
  assert.ok(self.pidStart !== null && self.pidStart > 1_500_000_000_000_000_000n, 'a start');
});
