import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectContainerd } from '../../src/demo/containerd.ts';
import { runScenario } from '../../src/demo/scenario.ts';
import { systemClock } from '../../src/foundation/clock.ts';
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
