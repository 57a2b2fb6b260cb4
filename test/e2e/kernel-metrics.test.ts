import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { detectContainerd } from '../../src/demo/containerd.ts';
import { podCgroup } from '../../src/demo/pod-config.ts';
import { runScenario } from '../../src/demo/scenario.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { aPod, aStage, callerOf } from '../support/containerd-pods.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { metricsAddressOf, type Sample, samplesOf, sumOf } from '../support/metrics-page.ts';
import { untilThere } from '../support/until.ts';

const available = await detectContainerd();

test('numbers of the kernel need a real containerd', () => {
  assert.equal(available.kind, 'available', available.kind === 'available' ? '' : available.message);
});

test('what the kernel tells while pods come and go is in the numbers: as many plugin runs as there were sandboxes', async (t) => {
  let samples: readonly Sample[] = [];
  /** web-0, web-1, and broken-0, of which only the image fails. */
  const started = 3;
  const { calls } = await runScenario({
    runtime: 'containerd',
    clock: systemClock(),
    log: () => undefined,
    signal: new AbortController().signal,
    pods: 2,
    containersPerPod: 1,
    pace: 0.2,
    through: async (socket) => {
      const agent = critraceProcess(t, [
        'agent',
        ...['--source', 'tap', '-r', socket, '--metrics-port', '0', '--page-listen', 'off', '--host-id', 'h'],
      ]);
      await agent.says(/"msg":"ready"/);
      const address = await metricsAddressOf(agent);
      return {
        socket,
        close: async () => {
          // What the kernel has told is taken a moment later.
          samples = await untilThere(async () => {
            const page = samplesOf(await (await fetch(`${address}/metrics`)).text());
            const removed = { plugin: 'bridge', command: 'DEL' };
            return sumOf(page, 'cri_cni_plugin_duration_seconds_count', removed) >= started ? page : null;
          }, 'the network of the last sandbox to be gone');
          assert.equal(await agent.end('SIGTERM'), 0);
        },
      };
    },
  });
  const sum = (name: string, labels: Readonly<Record<string, string>> = {}): number =>
    sumOf(samples, name, labels);
  assert.equal(sum('cri_kernel_events_lost_total'), 0);

  // The judge is the kubelet's own record: a sandbox is one ADD of each plugin, and its removal at least one DEL.
  const sandboxes = calls.filter(({ method, code }) => method === 'RunPodSandbox' && code === 'OK').length;
  assert.equal(sandboxes, started);
  for (const plugin of ['bridge', 'portmap']) {
    assert.equal(sum('cri_cni_plugin_duration_seconds_count', { plugin, command: 'ADD' }), sandboxes, plugin);
    assert.ok(sum('cri_cni_plugin_duration_seconds_count', { plugin, command: 'DEL' }) >= sandboxes, plugin);
    assert.ok(sum('cri_cni_plugin_duration_seconds_sum', { plugin, command: 'ADD' }) > 0, plugin);
  }
  assert.equal(sum('cri_cni_plugin_failures_total', { command: 'ADD' }), 0);
  // No sandbox waits less for its network than the plugins ran.
  const runSeconds = sum('rpc_client_call_duration_seconds_sum', {
    rpc_method: 'runtime.v1.RuntimeService/RunPodSandbox',
  });
  assert.ok(sum('cri_cni_plugin_duration_seconds_sum', { command: 'ADD' }) < runSeconds);

  // containerd writes its database down with each change.
  assert.ok(sum('cri_file_sync_duration_seconds_count', { file_class: 'metadata_db' }) > sandboxes);
  assert.ok(sum('cri_kernel_events_total', { kind: 'exec' }) > 4 * sandboxes);
  assert.equal(sum('cri_kernel_events_total', { kind: 'oom_kill' }), sum('cri_oom_kills_total'));
  assert.equal(sum('cri_cgroups_frozen'), 0);
});

const root = '/sys/fs/cgroup';
/** Where containers are placed, and where cgroups can be frozen: of one hierarchy, or beside those of version 1. */
const [placing, unified] = existsSync(`${root}/cgroup.controllers`)
  ? [root, root]
  : [`${root}/memory`, `${root}/unified`];

test('a container that is killed for memory, and one that is frozen and thawed, are in the numbers, once each', async (t) => {
  const stage = await aStage(t, available);
  const { call, sandbox, container } = callerOf(t, stage);
  const agent = critraceProcess(t, [
    'agent',
    ...['--source', 'tap', '-r', stage.socket, '--metrics-port', '0', '--page-listen', 'off'],
  ]);
  await agent.says(/"msg":"ready"/);
  const address = await metricsAddressOf(agent);
  const page = async (): Promise<readonly Sample[]> =>
    samplesOf(await (await fetch(`${address}/metrics`)).text());
  const untilIs = (name: string, value: number, labels: Readonly<Record<string, string>> = {}) =>
    untilThere(
      async () => (sumOf(await page(), name, labels) === value ? true : null),
      `${name} to be ${value}`,
    );

  const plan = aPod('web');
  const id = await sandbox(plan);
  const hungry = await container(plan, id, ['fill', '64'], { memory_limit_in_bytes: String(16 << 20) });
  await untilIs('cri_oom_kills_total', 1, { process: 'workload' });

  // Frozen from within the container, by a process of the runtime's family: a shell of this machine's.
  const freezer = join(unified, `critrace-test-${process.pid}`);
  mkdirSync(freezer);
  t.after(() => {
    writeFileSync(join(freezer, 'cgroup.freeze'), '0');
    rmdirSync(freezer);
  });
  const mounts = [
    ...[
      ['/usr', '/usr'],
      ['/usr/lib', '/lib'],
      ['/usr/lib64', '/lib64'],
    ].map(([host_path, container_path]) => ({
      ...{ host_path, container_path, readonly: true },
    })),
    { host_path: freezer, container_path: '/freezer', readonly: false },
  ];
  const web = await container(plan, id, [], { cpu_period: '100000', cpu_shares: '2' }, mounts);
  const shell = (line: string) =>
    call('ExecSync', { container_id: web, cmd: ['/usr/bin/dash', '-c', line], timeout: 30 });
  const lives = join(placing, podCgroup(plan, stage.place), web, 'cgroup.procs');
  writeFileSync(join(freezer, 'cgroup.procs'), readFileSync(lives, 'utf8').split('\n')[0] ?? '');
  await shell('echo 1 > /freezer/cgroup.freeze');
  await untilIs('cri_cgroups_frozen', 1);
  assert.equal(readFileSync(join(freezer, 'cgroup.events'), 'utf8').includes('frozen 1'), true);
  await untilThere(
    async () => (sumOf(await page(), 'cri_cgroup_frozen_oldest_age_seconds') > 0.2 ? true : null),
    'the age of the frozen cgroup to grow',
  );
  await shell('echo 0 > /freezer/cgroup.freeze');
  await untilIs('cri_cgroups_frozen', 0);
  const samples = await page();
  assert.equal(sumOf(samples, 'cri_cgroup_freezes_total'), 1);
  assert.equal(sumOf(samples, 'cri_cgroup_frozen_oldest_age_seconds'), 0);
  assert.equal(sumOf(samples, 'cri_oom_kills_total'), 1);
  assert.equal(sumOf(samples, 'cri_kernel_events_total', { kind: 'oom_kill' }), 1);

  for (const one of [web, hungry]) {
    await call('StopContainer', { container_id: one, timeout: 1 });
    await call('RemoveContainer', { container_id: one });
  }
  await call('StopPodSandbox', { pod_sandbox_id: id });
  await call('RemovePodSandbox', { pod_sandbox_id: id });
  assert.equal(await agent.end('SIGTERM'), 0);
});
