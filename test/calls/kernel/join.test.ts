import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { KernelStory } from '../../../src/calls/kernel/story.ts';
import { play } from '../../support/kernel-play.ts';
import { podPlay } from '../../support/kernel-pod.ts';

const tree = ({ parts }: KernelStory): readonly string[] => {
  const depth = (at: number | null): number => (at === null ? 0 : 1 + depth(parts[at]?.parent ?? null));
  return parts.map((part) => `${'  '.repeat(depth(part.parent))}${part.name}`);
};

test('the start of a sandbox: everything that ran for it, as a tree', () => {
  const pod = podPlay({ nth: 1, from: 0 });
  const story = play(pod.steps).storyOf(pod.run);
  assert.ok(story);
  assert.deepEqual(tree(story), [
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
  assert.equal(story.executions, 12);
});
