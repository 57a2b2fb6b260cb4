import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSchema } from '../../../src/cri/schema.ts';
import { join, numbers, record } from '../inference/late-joins.ts';

const schema = loadSchema();
const shares = [0.3, 0.7];

/** What a kubelet that was joined may be said to have agreed on: what it did, or that it has not shown it. */
const captures: readonly { readonly capture: string; readonly runtime: string; readonly images: string }[] = [
  { capture: 'kubelet-1.25-containerd-1.5', runtime: 'v1alpha2', images: 'v1alpha2' },
  { capture: 'kubelet-1.25-containerd-1.6-killed-restarted', runtime: 'v1', images: 'v1' },
  { capture: 'kubelet-1.30-containerd-2.4-tracing', runtime: 'v1', images: 'v1' },
  { capture: 'kubelet-1.37-containerd-2.4', runtime: 'v1', images: 'v1' },
  { capture: 'kubelet-1.37-containerd-2.4-gates', runtime: 'v1', images: 'v1' },
];

const verdictsAt = async (capture: string, share: number) => {
  const recording = await record(capture);
  const index = Math.floor(recording.events.length * share);
  const { findings } = join(recording, index, schema, numbers(1));
  return findings.flatMap((finding) => (finding.kind === 'negotiation' ? [finding.negotiation] : []));
};

for (const { capture, runtime, images } of captures) {
  test(`${capture}, joined: ${runtime} and ${images}`, async () => {
    for (const share of shares) {
      const found = await verdictsAt(capture, share);
      for (const { service, verdict, inferred, revision } of found) {
        // Paths that are read later, and connections that are made anew, tell more.
        const expected = service === 'RuntimeService' ? runtime : images;
        assert.ok(verdict === expected || (verdict === 'undetermined' && !inferred), `${service} ${verdict}`);
        assert.equal(revision, 0);
      }
      assert.ok(found.some(({ service }) => service === 'RuntimeService'));
      assert.ok(found.some(({ service }) => service === 'ImageService'));
    }
  });
}

test('refused calls of a connection that was joined prove no version', async () => {
  const capture = 'kubelet-1.25-sticky-gate-v1alpha2-to-v1';
  const before = await verdictsAt(capture, 0.3);
  assert.deepEqual(
    before.filter(({ service }) => service === 'RuntimeService').map(({ verdict }) => verdict),
    ['v1alpha2'],
  );
  for (const { verdict } of await verdictsAt(capture, 0.9)) assert.equal(verdict, 'undetermined');
});
