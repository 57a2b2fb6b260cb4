import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KernelEvent } from '../../../src/kernel/kernel-event.ts';
import { createCaptureEncoder } from '../../../src/source/capture/encoder.ts';
import { parseLine } from '../../../src/source/capture/line.ts';
import { kernelEvents } from '../../support/kernel-events.ts';

const seen = { at: 1_795_474_939_168_483_265n, sentAt: null };

const written = (event: KernelEvent): string =>
  createCaptureEncoder('/run/r.sock').event({ kind: 'kernel', seen, event });

test('every kernel event comes back as it was written', () => {
  fc.assert(
    fc.property(kernelEvents, (event) => {
      assert.deepEqual(parseLine(written(event)), { e: 'kernel', seen, event });
    }),
    { numRuns: 500 },
  );
});

test('a kernel event of which any key is missing or of another type is read, bad, or less known', () => {
  const damage = fc.oneof(fc.constant(undefined), fc.jsonValue());
  fc.assert(
    fc.property(kernelEvents, fc.nat(), damage, (event, pick, value) => {
      const line: Record<string, unknown> = JSON.parse(written(event));
      const keys = Object.keys(line).filter((key) => key !== 'e');
      line[keys[pick % keys.length] ?? ''] = value;
      assert.ok(['kernel', 'bad', 'unknown'].includes(parseLine(JSON.stringify(line)).e));
    }),
    { numRuns: 500 },
  );
});

test('an exec is written in words of the format', () => {
  const process = { pid: 12, start: 5n, comm: 'bridge' };
  const event: KernelEvent = {
    kind: 'exec',
    process,
    parent: { pid: 7, start: 3n, comm: 'containerd' },
    argv: ['/usr/lib/cni/bridge'],
    argvCut: false,
    cgroup: '/system.slice/containerd.service',
    cni: {
      command: 'ADD',
      containerId: 'a1',
      interfaceName: 'eth0',
      podNamespace: 'shop',
      podName: 'web',
      podUid: null,
      podInfraContainerId: 'a1',
    },
  };
  assert.deepEqual(JSON.parse(written(event)), {
    t: '1795474939168483265',
    e: 'kernel',
    k: 'exec',
    pid: 12,
    pid_start: '5',
    comm: 'bridge',
    parent_pid: 7,
    parent_pid_start: '3',
    parent_comm: 'containerd',
    argv: ['/usr/lib/cni/bridge'],
    cgroup: '/system.slice/containerd.service',
    cni: {
      command: 'ADD',
      container_id: 'a1',
      interface_name: 'eth0',
      pod_namespace: 'shop',
      pod_name: 'web',
      pod_infra_container_id: 'a1',
    },
  });
});

test('kinds that are not known are unknown, and what an event needs is asked for', () => {
  const base = { t: '1', e: 'kernel', pid: 12, pid_start: '5', comm: 'a' };
  const cases: [object, 'kernel' | 'bad' | 'unknown'][] = [
    [{ ...base, k: 'exec', argv: [] }, 'kernel'],
    [{ ...base, k: 'exec', argv: ['a', 1] }, 'bad'],
    [{ ...base, k: 'exec' }, 'bad'],
    [{ ...base, k: 'exit', user_ns: '1' }, 'bad'],
    [{ ...base, k: 'exit', user_ns: '1', system_ns: '2' }, 'kernel'],
    [{ ...base, pid: '12', k: 'oom_kill' }, 'bad'],
    [{ ...base, pid_start: undefined, k: 'oom_kill' }, 'bad'],
    [{ t: '1', e: 'kernel', k: 'cgroup', action: 'create', path: '/a' }, 'kernel'],
    [{ t: '1', e: 'kernel', k: 'cgroup', action: 'burn', path: '/a' }, 'bad'],
    [{ t: '1', e: 'kernel', k: 'lost', records: 3 }, 'kernel'],
    [{ ...base, k: 'tcp_connect', address: '::1', port: 80, start: '1' }, 'bad'],
    [{ ...base, k: 'weather' }, 'unknown'],
    [{ ...base, k: 'toString' }, 'unknown'],
    [{ ...base, k: 5 }, 'bad'],
    [{ ...base }, 'bad'],
  ];
  for (const [line, expected] of cases)
    assert.equal(parseLine(JSON.stringify(line)).e, expected, JSON.stringify(line));
});
