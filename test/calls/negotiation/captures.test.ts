import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Negotiation } from '../../../src/calls/negotiation/finding.ts';
import { replayFindings } from '../../support/replay-calls.ts';

const negotiations = async (name: string): Promise<Negotiation[]> => {
  const path = fileURLToPath(new URL(`../../fixtures/captures/${name}.jsonl.gz`, import.meta.url));
  const findings = await replayFindings(path);
  return findings.flatMap((finding) => (finding.kind === 'negotiation' ? [finding.negotiation] : []));
};

/** `connection revision service verdict < previous xcount` and what was asked first. */
const told = (found: Negotiation): string =>
  `${found.connection} r${found.revision} ${found.service} ${found.verdict} < ${found.previous} x${found.count}: ${found.probes
    .map(({ method, status }) => `${method.replace('runtime.', '')}=${status}`)
    .join(', ')}`;

/** Written by hand from the recordings' truth files. */
const kubelets: readonly { readonly capture: string; readonly expected: readonly string[] }[] = [
  {
    capture: 'kubelet-1.25-containerd-1.5',
    expected: [
      '1 r0 RuntimeService fell_back_to_v1alpha2 < null x1: v1.RuntimeService/Version=UNIMPLEMENTED, v1alpha2.RuntimeService/Version=OK',
      '2 r0 ImageService fell_back_to_v1alpha2 < null x1: v1.ImageService/ImageFsInfo=UNIMPLEMENTED, v1alpha2.ImageService/ImageFsInfo=OK',
    ],
  },
  {
    capture: 'kubelet-1.25-containerd-1.6-killed-restarted',
    expected: [
      '1 r0 RuntimeService v1 < null x1: v1.RuntimeService/Version=OK',
      '2 r0 ImageService v1 < null x1: v1.ImageService/ImageFsInfo=OK',
    ],
  },
  {
    capture: 'kubelet-1.25-sticky-gate-v1alpha2-to-v1',
    expected: [
      '1 r0 RuntimeService fell_back_to_v1alpha2 < null x1: v1.RuntimeService/Version=UNIMPLEMENTED, v1alpha2.RuntimeService/Version=OK',
      '2 r0 ImageService fell_back_to_v1alpha2 < null x1: v1.ImageService/ImageFsInfo=UNIMPLEMENTED, v1alpha2.ImageService/ImageFsInfo=OK',
      '6 r1 RuntimeService version_refused_after_upgrade < null x1: v1.RuntimeService/Version=UNIMPLEMENTED, v1alpha2.RuntimeService/Version=OK',
      '7 r1 ImageService version_refused_after_upgrade < null x1: v1.ImageService/ImageFsInfo=UNIMPLEMENTED, v1alpha2.ImageService/ImageFsInfo=OK',
    ],
  },
  {
    capture: 'kubelet-1.37-giveup-gate-v1alpha2-3-starts',
    expected: [1, 2, 3].map(
      (start) =>
        `${start} r0 RuntimeService gave_up < ${start === 1 ? null : 'gave_up'} x${start}: v1.RuntimeService/Version=UNIMPLEMENTED`,
    ),
  },
  ...[
    'kubelet-1.30-containerd-2.4-tracing',
    'kubelet-1.37-containerd-2.4',
    'kubelet-1.37-containerd-2.4-gates',
  ].map((capture) => ({
    capture,
    expected: [
      '1 r0 RuntimeService v1 < null x1: v1.RuntimeService/Version=OK',
      '2 r0 ImageService v1 < null x1: v1.ImageService/ImageFsInfo=OK',
    ],
  })),
];

for (const { capture, expected } of kubelets) {
  test(`${capture}: the story of its negotiations`, async () => {
    assert.deepEqual((await negotiations(capture)).map(told), expected);
  });
}

/** Every command of crictl is a process of its own, and each comes to the same verdict. */
const clients = [
  { capture: 'v1alpha2-c16-crictl1.22', verdict: 'v1alpha2' },
  { capture: 'pod-lifecycle-crio-crictl1.36', verdict: 'v1' },
  { capture: 'many-c24-crictl1.36', verdict: 'v1' },
] as const;

for (const { capture, verdict } of clients) {
  test(`${capture}: each crictl ends with ${verdict}, counted in a row`, async () => {
    const found = await negotiations(capture);
    assert.ok(found.length > 10, `${found.length} negotiations`);
    assert.deepEqual([...new Set(found.map((one) => one.verdict))], [verdict]);
    for (const service of ['RuntimeService', 'ImageService']) {
      const counts = found.filter((one) => one.service === service).map((one) => one.count);
      assert.deepEqual(
        counts,
        counts.map((_, at) => at + 1),
      );
    }
  });
}

test('old-client-c15-crictl1.25: falls back, but for processes that left after a refused probe', async () => {
  const found = await negotiations('old-client-c15-crictl1.25');
  const left = found.filter((one) => one.verdict !== 'fell_back_to_v1alpha2');
  assert.deepEqual(left.map(told), [
    '13 r0 ImageService gave_up < fell_back_to_v1alpha2 x1: v1.ImageService/ImageFsInfo=UNIMPLEMENTED',
    // The method does not exist in v1alpha2, which says nothing about the service.
    '20 r0 RuntimeService gave_up < fell_back_to_v1alpha2 x1: v1.RuntimeService/Version=UNIMPLEMENTED, v1alpha2.RuntimeService/ListPodSandboxStats=UNIMPLEMENTED',
    '24 r0 ImageService gave_up < gave_up x2: v1.ImageService/ImageFsInfo=UNIMPLEMENTED',
  ]);
});

test('only of a kubelet is said what becomes of the node', async () => {
  const [kubelet] = await negotiations('kubelet-1.37-giveup-gate-v1alpha2-3-starts');
  assert.match(kubelet?.explanation ?? '', /the node does not register/);
  for (const { explanation } of await negotiations('old-client-c15-crictl1.25')) {
    assert.doesNotMatch(explanation, /node/);
  }
});
