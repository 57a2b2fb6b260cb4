import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { KernelStory } from '../../../src/calls/kernel/story.ts';
import { play } from '../../support/kernel-play.ts';
import { podPlay } from '../../support/kernel-pod.ts';
import { storyTree } from '../../support/story-tree.ts';

test('the start of a sandbox: everything that ran for it, as a tree', () => {
  const pod = podPlay({ nth: 1, from: 0 });
  const story = play(pod.steps).storyOf(pod.run);
  assert.ok(story);
  assert.deepEqual(storyTree(story), [
    'fdatasync meta.db',
    'cni.ADD loopback',
    'cni.ADD bridge',
    '  cni.ADD host-local',
    'cni.ADD portmap',
    '  exec iptables',
    'containerd-shim start',
    'runc create',
    '  runc init',
    'runc start',
    'container pause',
  ]);
  assert.deepEqual(
    new Set(story.parts.filter(({ what }) => what.kind === 'program').map(({ link }) => link)),
    new Set(['identity']),
  );
  assert.equal(story.parts[0]?.link, 'time');
  assert.equal(
    story.breakdown,
    '53 % CNI (bridge 86 ms, portmap 18 ms, loopback 2.0 ms), 17 % runc create, 10 % containerd-shim start, 9 % runc start, 2 % fdatasync meta.db, 9 % unexplained',
  );
  assert.equal(story.executions, 11);
});

const pidsOf = ({ parts }: KernelStory): readonly number[] =>
  parts.filter(({ what }) => what.kind === 'program').map(({ pid }) => pid);

const podPlans = fc.array(
  fc.record({
    from: fc.integer({ min: 0, max: 60 }),
    pace: fc.constantFrom(0.5, 1, 1.7),
    fails: fc.boolean(),
  }),
  { minLength: 2, maxLength: 20 },
);

test('pods that start at the same moment never get each other’s processes, whatever they name themselves by', () => {
  fc.assert(
    fc.property(podPlans, (plans) => {
      const pods = plans.map((plan, nth) => podPlay({ nth: nth + 1, ...plan }));
      const played = play(pods.flatMap(({ steps }) => steps));
      for (const [at, pod] of pods.entries()) {
        const story = played.storyOf(pod.run);
        assert.ok(story);
        for (const pid of pidsOf(story)) assert.equal(Math.floor((pid - 10_000) / 100), at + 1);
        assert.equal(pidsOf(story).length, plans[at]?.fails ? 5 : 10);
        // None was there by time alone: each names a pod.
        for (const part of story.parts) if (part.what.kind === 'program') assert.equal(part.link, 'identity');
      }
    }),
    { numRuns: 60 },
  );
});

test('parts lie in their parents and in the call, and the shares are the whole', () => {
  fc.assert(
    fc.property(podPlans, (plans) => {
      const pods = plans.map((plan, nth) => podPlay({ nth: nth + 1, ...plan }));
      const played = play(pods.flatMap(({ steps }) => steps));
      for (const pod of pods) {
        const story = played.storyOf(pod.run);
        assert.ok(story);
        let sum = story.unexplainedNs;
        for (const share of story.shares) {
          sum += share.ns;
          if (share.of.length > 0)
            assert.equal(
              share.of.reduce((whole, { ns }) => whole + ns, 0n),
              share.ns,
            );
        }
        assert.equal(sum, story.to - story.from);
        for (const part of story.parts) {
          const above =
            part.parent === null ? { start: story.from, end: story.to } : story.parts[part.parent];
          assert.ok(above !== undefined && above.start <= part.start && part.end <= above.end);
          assert.ok(part.start <= part.end);
        }
      }
    }),
    { numRuns: 60 },
  );
});
