import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelEvent } from '../../../src/kernel/kernel-event.ts';
import { redactKernelEvent } from '../../../src/record/redact/kernel-event.ts';

const process = (comm: string) => ({ pid: 12, start: 5n, comm });

const exec = (comm: string, argv: readonly string[], cni: boolean): KernelEvent => ({
  kind: 'exec',
  process: process(comm),
  parent: process('sh'),
  argv,
  argvCut: false,
  cgroup: '/kubepods/pod1',
  cni: cni
    ? {
        command: 'ADD',
        containerId: 'a1',
        interfaceName: 'eth0',
        podNamespace: 'shop',
        podName: 'web',
        podUid: null,
        podInfraContainerId: 'a1',
      }
    : null,
});

const sync = (comm: string): KernelEvent => ({
  kind: 'file_sync',
  process: process(comm),
  operation: 'fsync',
  file: 'io.containerd/meta.db',
  start: 4n,
});

test('what the machinery of the node does stays', () => {
  const kept: KernelEvent[] = [
    exec('runc', ['runc', '--root', '/run/runc', 'create', 'a1'], false),
    exec('bridge', ['/opt/cni/bin/bridge'], true),
    sync('containerd'),
    {
      kind: 'tcp_connect',
      process: process('containerd'),
      address: '10.0.0.1',
      port: 5000,
      start: 1n,
      connected: true,
    },
    { kind: 'cgroup', action: 'create', path: '/kubepods/pod1', process: process('runc') },
    { kind: 'lost', records: 3 },
  ];
  for (const event of kept) assert.deepEqual(redactKernelEvent(event), event);
});

test('arguments and file names of what runs in containers do not', () => {
  const event = exec('psql', ['psql', '-c', 'select name from patients'], false);
  assert.deepEqual(redactKernelEvent(event), { ...event, argv: ['psql'], argvCut: true });
  assert.deepEqual(redactKernelEvent(exec('true', ['true'], false)), exec('true', ['true'], false));
  assert.deepEqual(redactKernelEvent(sync('postgres')), { ...sync('postgres'), file: null });
});

test('an argument that was not scrubbed when it was recorded is scrubbed here', () => {
  const event = redactKernelEvent(exec('runc', ['runc', '--token=hunter2hunter2'], false));
  assert.ok(event.kind === 'exec');
  assert.deepEqual(event.argv, ['runc', '--token=[redacted]']);
});
