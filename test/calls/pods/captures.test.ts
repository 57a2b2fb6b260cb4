import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PodOperation } from '../../../src/calls/pods/operation.ts';
import { replayFindings } from '../../support/replay-calls.ts';

const operations = async (name: string): Promise<PodOperation[]> => {
  const path = fileURLToPath(new URL(`../../fixtures/captures/${name}.jsonl.gz`, import.meta.url));
  const findings = await replayFindings(path);
  return findings.flatMap((finding) => (finding.kind === 'operation' ? [finding.operation] : []));
};

/** `kind pod aATTEMPT [container #attempt] outcome: calls in order`, without the time between them. */
const told = ({ key, pod, outcome, phases }: PodOperation): string => {
  const calls = phases.filter(({ phase }) => phase !== 'client' && phase !== 'init_container');
  const container = key.container === null ? '' : ` ${key.container} #${key.generation}`;
  const list = calls.map(
    ({ phase, container: of, status }) =>
      `${phase}${of === null ? '' : ` ${of}`}${status === 'OK' ? '' : `=${status}`}`,
  );
  return `${key.kind} ${pod.namespace}/${pod.name} a${key.attempt}${container} ${outcome}: ${list.join(', ')}`;
};

const startOf = (pod: string, ...containers: readonly string[]): string =>
  `pod_start ${pod} a0 running: sandbox, sandbox_status, ${containers
    .map((name) => `create ${name}, start ${name}`)
    .join(', ')}`;

const restartOf = (pod: string, container: string, attempt: number): string =>
  `container_start ${pod} a0 ${container} #${attempt} running: create ${container}, start ${container}`;

/**
 * The three static pods of the recordings: `web` (server, sidecar), `crasher` (good, and bad, which ends at once) and
 * `hostnet` (agent, agent2). Counts of restarts written by hand from the truth files.
 */
const kubelet = (node: string, restarts: readonly number[], isStopped: boolean): string[] => [
  startOf(`default/web-${node}`, 'server', 'sidecar'),
  startOf(`default/crasher-${node}`, 'bad', 'good'),
  startOf(`kube-system/hostnet-${node}`, 'agent', 'agent2'),
  ...restarts.map((attempt) => restartOf(`default/crasher-${node}`, 'bad', attempt)),
  ...(isStopped ? [`pod_stop default/web-${node} a0 stopped: stop server, stop sidecar, sandbox_stop`] : []),
];

const kubelets: readonly { readonly capture: string; readonly expected: readonly string[] }[] = [
  { capture: 'kubelet-1.37-containerd-2.4', expected: kubelet('lab-node4', [7, 8, 9, 10, 11], true) },
  { capture: 'kubelet-1.37-containerd-2.4-gates', expected: kubelet('lab-node2', [7, 8, 9, 10], true) },
  { capture: 'kubelet-1.30-containerd-2.4-tracing', expected: kubelet('lab-node2', [1, 2, 3, 4], true) },
  {
    capture: 'kubelet-1.25-containerd-1.6-killed-restarted',
    expected: kubelet('lab-node3', [1, 2, 3, 4], false),
  },
  { capture: 'kubelet-1.25-sticky-gate-v1alpha2-to-v1', expected: kubelet('lab-node5', [1, 2, 3], false) },
];

for (const { capture, expected } of kubelets) {
  test(`${capture}: its pods start, restart and stop`, async () => {
    assert.deepEqual((await operations(capture)).map(told).sort(), [...expected].sort());
  });
}

test('kubelet-1.37-giveup-gate-v1alpha2-3-starts: no pod starts', async () => {
  assert.deepEqual(await operations('kubelet-1.37-giveup-gate-v1alpha2-3-starts'), []);
});

test('pod-lifecycle-c16-crictl1.36: a pod whose containers fail', async () => {
  assert.deepEqual((await operations('pod-lifecycle-c16-crictl1.36')).map(told), [
    [
      'pod_start lab/lab-pod-a a1 failed: sandbox',
      'create work, start work',
      'create bad=NOT_FOUND, create bad=NOT_FOUND',
      'create nocmd, start nocmd=UNKNOWN',
      'sandbox=UNKNOWN',
    ].join(', '),
    'pod_stop lab/lab-pod-a a1 stopped: stop work, sandbox_stop',
  ]);
});

test('many-c24-crictl1.36: sixty pods, each of which starts once and stops once', async () => {
  const found = await operations('many-c24-crictl1.36');
  const of = (kind: string) => found.filter(({ key }) => key.kind === kind);
  assert.equal(of('pod_start').length, 60);
  assert.equal(of('pod_stop').length, 60);
  assert.equal(new Set(of('pod_start').map(({ key }) => key.pod)).size, 60);
  assert.deepEqual([...new Set(of('pod_stop').map(({ outcome }) => outcome))], ['stopped']);
  // Every pod was given a container; fifteen of them were started.
  assert.deepEqual(
    of('pod_start')
      .map(({ outcome, detail }) => `${outcome} ${detail}`)
      .sort(),
    [
      ...Array.from({ length: 45 }, () => 'incomplete the pod was stopped first'),
      ...Array.from({ length: 15 }, () => 'running null'),
    ],
  );
});
