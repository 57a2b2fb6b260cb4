import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodOperation } from '../../src/calls/pods/operation.ts';
import type { Exported } from '../../src/export/sink.ts';
import { maxSeries } from '../../src/metrics/instruments/table.ts';
import { aCall } from '../support/a-call.ts';
import { type Sample, sumOf } from '../support/metrics-page.ts';
import { aBook, exportedCall, spansFor } from './a-book.ts';

const podOf = (index: number) => ({
  namespace: `team-${index % 97}`,
  name: `web-${index}`,
  uid: `uid-${index}`,
  attempt: 0,
});

const traceOf = (index: number): string => index.toString(16).padStart(32, '0');

const aStart = (index: number): PodOperation => {
  const call = aCall();
  const start = call.start ?? 0n;
  const phase = { container: null, image: null, status: 'OK', connection: 1, stream: 1, start };
  return {
    key: { kind: 'pod_start', pod: `uid-${index}`, attempt: 0, container: null, generation: 0 },
    pod: podOf(index),
    sandboxId: `sandbox-${index}`,
    endpoint: call.endpoint,
    connection: 1,
    caller: call.caller,
    byKubelet: true,
    start,
    end: start + 2_000_000_000n,
    startSeen: true,
    outcome: 'running',
    detail: null,
    phases: [
      { ...phase, phase: 'sandbox', end: start + 500_000_000n },
      { ...phase, phase: 'image_pull', end: start + 900_000_000n },
    ],
    phasesDropped: 0,
    traceparents: [],
    course: null,
  };
};

/** All that one pod on a node makes a kubelet call, with names that no other pod has. */
const storyOf = (index: number): readonly Exported[] => {
  const facts = {
    ...aCall().facts,
    pod: podOf(index),
    sandboxId: `sandbox-${index}`,
    containerId: `container-${index}`,
  };
  const calls = [
    'RunPodSandbox',
    'CreateContainer',
    'StartContainer',
    'ContainerStatus',
    'StopContainer',
  ].map((rpc) =>
    exportedCall(
      {
        rpc,
        method: `runtime.v1.RuntimeService/${rpc}`,
        stream: index,
        facts: { ...facts, image: `registry/app:${index}` },
      },
      traceOf(index),
    ),
  );
  const operation = aStart(index);
  return [...calls, { finding: { kind: 'operation', operation }, spans: spansFor(aCall(), traceOf(index)) }];
};

const afterPods = async (count: number): Promise<readonly Sample[]> => {
  const { sink, samples } = aBook();
  for (let index = 0; index < count; index++) sink.findings(storyOf(index));
  return samples();
};

test('ten thousand pods have as many series as ten, and no series names one', async () => {
  const few = await afterPods(10);
  const many = await afterPods(10_000);
  assert.equal(many.length, few.length);
  assert.equal(sumOf(many, 'cri_calls_total'), 50_000);
  assert.equal(sumOf(many, 'cri_pod_start_duration_seconds_count', { outcome: 'running' }), 10_000);
  const values = new Set(many.flatMap(({ labels }) => Object.values(labels)));
  for (const value of values)
    assert.doesNotMatch(value, /web-|uid-|sandbox-|container-\d|team-|registry|[0-9a-f]{32}/);
});

test('names that peers choose are bounded, and folding is counted', async () => {
  const { sink, samples } = aBook();
  const { result, caller } = aCall();
  for (let index = 0; index < 2_000; index++) {
    sink.findings([
      exportedCall({
        endpoint: `/run/${index}.sock`,
        method: `evil.Service/M${index}`,
        caller: {
          ...caller,
          comm: `p${String.fromCharCode(97 + (index % 26))}${String.fromCharCode(97 + (index % 25))}x`,
        },
        result: { ...result, status: `CODE_${index}`, statusCode: index },
      }),
    ]);
  }
  const all = await samples();
  assert.ok(all.length <= maxSeries);
  assert.ok(new Set(all.flatMap(({ labels }) => labels.caller ?? [])).size <= 25);
  assert.ok(new Set(all.flatMap(({ labels }) => labels.server_address ?? [])).size <= 9);
  assert.equal(sumOf(all, 'cri_calls_total', { caller: '_OTHER' }) > 0, true);
  const others = { rpc_method: '_OTHER', rpc_status_code: '_OTHER', error_type: '_OTHER' };
  assert.equal(sumOf(all, 'rpc_client_call_duration_seconds_count', others), 2_000);
  assert.ok(all.filter(({ name }) => name === 'rpc_client_call_duration_seconds_count').length <= 9);
});

test('label sets beyond the bound are folded into one, and counted', async () => {
  const { book, samples } = aBook();
  const metric = 'rpc_client_call_duration_seconds';
  const same = { rpc_system_name: 'grpc', rpc_status_code: 'OK', error_type: '', server_address: '/run/x' };
  for (let index = 0; index < 2_000; index++) book.observe(metric, { ...same, rpc_method: `M${index}` }, 1);
  const all = await samples();
  assert.equal(sumOf(all, `${metric}_count`), 2_000);
  assert.ok(sumOf(all, 'critrace_metrics_folded_sets_total', { metric }) > 1_000);
  assert.ok(all.filter(({ name }) => name === `${metric}_count`).length <= 257);
});
