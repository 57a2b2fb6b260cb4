import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelEvent, KernelTask } from '../../src/kernel/kernel-event.ts';
import { fileClassOf } from '../../src/metrics/file-class.ts';
import { sumOf } from '../support/metrics-page.ts';
import { aBook } from './a-book.ts';

const second = 1_000_000_000n;
const task = (pid: number, comm = 'x'): KernelTask => ({ pid, start: BigInt(pid), comm });

const pluginRun = (pid: number, path: string, command: string | null, sandbox: string): KernelEvent => ({
  kind: 'exec',
  process: task(pid),
  parent: null,
  argv: [path],
  argvCut: false,
  cgroup: null,
  cni:
    command === null
      ? null
      : {
          command,
          containerId: sandbox,
          interfaceName: 'eth0',
          podNamespace: 'n',
          podName: 'p',
          podUid: 'u',
          podInfraContainerId: sandbox,
        },
});

const exit = (pid: number, code: number | null, signal: number | null = null): KernelEvent => ({
  kind: 'exit',
  process: task(pid),
  code,
  signal,
  userNs: 0n,
  systemNs: 0n,
  peakRssBytes: null,
});

test('network plugins from exec to exit, with what failed; other programs are none', async () => {
  const { sink, samples } = aBook();
  sink.kernel(pluginRun(1, '/opt/cni/bin/bridge', 'ADD', 's1'), second);
  sink.kernel(pluginRun(2, '/opt/cni/bin/host-local', 'ADD', 's1'), 2n * second);
  sink.kernel(pluginRun(3, '/usr/bin/runc', null, 's1'), 2n * second);
  sink.kernel(exit(2, 0), 3n * second);
  sink.kernel(exit(1, 0), 5n * second);
  sink.kernel(exit(3, 1), 5n * second);
  sink.kernel(pluginRun(4, '/opt/cni/bin/bridge', 'DEL', 's1'), 6n * second);
  sink.kernel(exit(4, null, 9), 7n * second);
  // Its beginning was not seen.
  sink.kernel(exit(5, 1), 7n * second);
  const all = await samples();
  const duration = 'cri_cni_plugin_duration_seconds';
  assert.equal(sumOf(all, `${duration}_sum`, { plugin: 'bridge', command: 'ADD' }), 4);
  assert.equal(sumOf(all, `${duration}_sum`, { plugin: 'host-local' }), 1);
  assert.equal(sumOf(all, `${duration}_count`), 3);
  assert.equal(sumOf(all, 'cri_cni_plugin_failures_total'), 1);
  assert.equal(sumOf(all, 'cri_cni_plugin_failures_total', { plugin: 'bridge', command: 'DEL' }), 1);
});

test('writes to disk by what the file is, kills for memory, and what the kernel lost', async () => {
  const { sink, samples } = aBook();
  const meta = '/io.containerd.metadata.v1.bolt/meta.db';
  sink.kernel(
    { kind: 'file_sync', process: task(1), operation: 'fdatasync', file: meta, start: 0n },
    2n * second,
  );
  sink.kernel({ kind: 'oom_kill', process: task(2, 'runc:[2:INIT]'), cgroup: null }, second);
  sink.kernel({ kind: 'lost', records: 7 }, second);
  sink.kernel(
    {
      kind: 'block_io',
      process: null,
      device: 'vda',
      operation: 'write',
      requests: 3,
      bytes: 4096n,
      durationNs: second,
    },
    second,
  );
  const all = await samples();
  const labels = { operation: 'fdatasync', file_class: 'metadata_db' };
  assert.equal(sumOf(all, 'cri_file_sync_duration_seconds_sum', labels), 2);
  assert.equal(sumOf(all, 'cri_oom_kills_total', { process: 'runc:[2:INIT]' }), 1);
  assert.equal(sumOf(all, 'cri_kernel_events_lost_total'), 7);
  assert.equal(sumOf(all, 'cri_block_io_requests_total', { device: 'vda', whose: 'others' }), 3);
  assert.equal(sumOf(all, 'cri_kernel_events_total'), 4);
});

test('frozen cgroups, until they are thawed or gone', async () => {
  let now = 10n * second;
  const { sink, samples } = aBook({ now: () => now });
  const change = (action: 'freeze' | 'thaw' | 'remove', path: string, at: bigint): void =>
    sink.kernel({ kind: 'cgroup', action, path, process: null }, at * second);
  change('freeze', '/a', 4n);
  change('freeze', '/b', 6n);
  const frozen = await samples();
  assert.equal(sumOf(frozen, 'cri_cgroups_frozen'), 2);
  assert.equal(sumOf(frozen, 'cri_cgroup_frozen_oldest_age_seconds'), 6);
  change('thaw', '/a', 9n);
  now = 20n * second;
  assert.equal(sumOf(await samples(), 'cri_cgroup_frozen_oldest_age_seconds'), 14);
  change('remove', '/b', 21n);
  const after = await samples();
  assert.equal(sumOf(after, 'cri_cgroups_frozen'), 0);
  assert.equal(sumOf(after, 'cri_cgroup_freezes_total'), 2);
});

test('paths without number are a few classes', () => {
  const cases: Readonly<Record<string, string>> = {
    '/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db': 'metadata_db',
    'io.containerd.snapshotter.v1.overlayfs/metadata.db': 'snapshot_db',
    'io.containerd.content.v1.content/ingest/0a1b/data': 'image_content',
    'content/blobs/sha256/0a1b': 'image_content',
    '/var/lib/cni/networks/pods/10.0.0.2': 'network_state',
    'networks/pods/last_reserved_ip.0': 'network_state',
    '/run/containerd/io.containerd.runtime.v2.task/k8s.io/0a1b/config.json': 'container_state',
    '/run/runc/0a1b/state.json': 'container_state',
    '/var/log/pods/n_p_u/c/0.log': 'container_log',
    'snapshots/12/fs/etc/passwd': 'snapshot',
    '/srv/notes': 'other',
  };
  for (const [file, name] of Object.entries(cases)) assert.equal(fileClassOf(file), name, file);
  assert.equal(fileClassOf(null), 'unknown');
});
