import { test } from 'node:test';
import type { GoKubelet, KubeletRelease } from '../../support/go-kubelet.ts';
import { namesAreRight } from './joined-client.ts';
import { type Line, wireOf } from './kubelet-wire.ts';
import { numbers } from './late-joins.ts';

const streams = ['StreamPodSandboxes', 'StreamContainers', 'StreamContainerStats', 'StreamImages'];

const v1 = (minor: number, more: Partial<KubeletRelease> = {}): KubeletRelease => ({
  minor,
  version: 'v1',
  ...more,
});

/** Releases that differ on the wire. */
const lines: readonly Line[] = [
  { what: '1.20', release: { minor: 20, version: 'v1alpha2' } },
  { what: '1.22', release: { minor: 22, version: 'v1alpha2' } },
  { what: '1.23', release: v1(23) },
  { what: '1.25, fallen back', release: { minor: 25, version: 'v1alpha2' }, served: ['v1alpha2'] },
  { what: '1.26', release: v1(26) },
  {
    what: '1.28, of a runtime without RuntimeConfig',
    release: v1(28),
    without: ['RuntimeConfig', ...streams],
  },
  { what: '1.31', release: v1(31) },
  { what: '1.34', release: v1(34) },
  { what: '1.36', release: v1(36) },
  { what: '1.36, told of events', release: v1(36, { events: true }), undecided: true },
  {
    what: '1.36, streams refused by a runtime of which nothing is known',
    release: v1(36, { streams: true }),
    without: streams,
    undecided: true,
  },
  { what: '1.37, streams served', release: v1(37, { streams: true }) },
];

const aMinute = async (kubelet: GoKubelet, tick: () => void): Promise<void> => {
  await kubelet.startPod('web');
  await kubelet.startPod('db');
  for (let second = 0; second < 62; second++) {
    tick();
    await kubelet.second(second);
    if (second === 15 || second === 40) await kubelet.restart('db');
    if (second === 18) {
      await kubelet.startPod('job');
      await kubelet.stopPod('job');
    }
  }
  await kubelet.stopPod('web');
};

for (const line of lines) {
  test(`a kubelet of ${line.what}, joined anywhere: its calls have their names`, async (context) => {
    namesAreRight(context, line, await wireOf(context, line, aMinute));
  });
}

/** Pods come and go, with containers that run first; others crash, and are rotated and collected. */
const churn =
  (random: () => number) =>
  async (kubelet: GoKubelet, tick: () => void): Promise<void> => {
    const pods: string[] = [];
    for (let second = 0; second < 60; second++) {
      tick();
      await kubelet.second(second);
      const pod = pods[Math.floor(random() * pods.length)];
      const choice = random();
      if (pod === undefined || (choice < 0.25 && pods.length < 12)) {
        pods.push(`pod-${second}`);
        await kubelet.startPod(`pod-${second}`, Math.floor(random() * 3));
      } else if (choice < 0.45) await kubelet.crash(pod);
      else if (choice < 0.5) await kubelet.restart(pod);
      else if (choice < 0.6) await kubelet.rotateLog(pod);
      else if (choice < 0.7) {
        pods.splice(pods.indexOf(pod), 1);
        await kubelet.stopPod(pod);
      } else if (choice < 0.75) await kubelet.collect();
    }
  };

for (const line of [
  { what: '1.24', release: v1(24) },
  { what: '1.26', release: v1(26) },
  { what: '1.30', release: v1(30) },
  { what: '1.34', release: v1(34) },
  { what: '1.37, streams served', release: v1(37, { streams: true }) },
]) {
  test(`a node where pods come, crash and go, with a kubelet of ${line.what}, joined anywhere`, async (context) => {
    namesAreRight(context, line, await wireOf(context, line, churn(numbers(line.release.minor))));
  });
}
