import assert from 'node:assert/strict';
import test from 'node:test';
import {
  called,
  containerd,
  play,
  program,
  type Step,
  sync,
  task,
  timedCall,
} from '../../support/kernel-play.ts';
import { idOf, podPlay } from '../../support/kernel-pod.ts';

/** A plugin that calls so many short programs one after the other. */
const storm = (
  count: number,
): { readonly steps: readonly Step[]; readonly call: ReturnType<typeof timedCall> } => {
  const call = timedCall('RunPodSandbox', 0, 1000);
  const id = idOf(1, 'a');
  const cni = { command: 'ADD', containerId: id, interfaceName: 'eth0' };
  const plugin = task(100, 'bridge', 1);
  const steps: Step[] = [
    ...called({ ...call, facts: { ...call.facts, sandboxId: id } }),
    ...program(1, 900, plugin, containerd, { argv: ['/opt/cni/bin/bridge'], cni }),
  ];
  for (let nth = 0; nth < count; nth++) {
    const from = 2 + (nth * 800) / count;
    const child = task(1000 + nth, 'iptables', from);
    steps.push(...program(from, from + 0.5, child, plugin, { argv: ['/usr/sbin/iptables', '-S'], cni }));
  }
  return { steps, call };
};

test('a storm of 10,000 programs costs a bounded number of parts; all of them count', () => {
  const { steps, call } = storm(10_000);
  const { storyOf, counters } = play(steps);
  const story = storyOf(call);
  assert.ok(story);
  assert.equal(story.executions, 10_001);
  assert.ok(story.parts.length <= 64);
  assert.equal(story.parts[0]?.name, 'cni.ADD bridge');
  assert.equal(counters.programsDropped, 10_001 - 64);
  // The runtime itself.
  assert.equal(counters.processesNow, 1);
});

test('a story has the longest parts, and says how many are left out', () => {
  const { steps, call } = storm(40);
  const story = play(steps, { maxParts: 10 }).storyOf(call);
  assert.deepEqual([story?.parts.length, story?.partsDropped], [10, 31]);
  assert.ok(story?.parts.slice(1).every(({ parent }) => parent === 0));
});

test('each bound drops, and counts what it dropped', () => {
  const pods = Array.from({ length: 20 }, (_, nth) => podPlay({ nth: nth + 1, from: nth }));
  const steps = pods.flatMap((pod) => pod.steps);
  const rows = [
    ['processesDropped', { maxProcesses: 8 }],
    ['unitsDropped', { maxUnits: 10 }],
    ['callsDropped', { maxCalls: 3 }],
    ['heldDropped', { maxHeld: 2 }],
  ] as const;
  for (const [counter, limits] of rows) {
    const { counters, findings } = play(steps, limits);
    assert.ok(counters[counter] > 0, counter);
    // A call is told once, with or without all of its parts.
    assert.equal(findings.filter(({ kind }) => kind === 'call').length, pods.length);
  }
  const many = Array.from({ length: 100 }, (_, nth) => sync(nth, nth + 0.5, containerd, 'meta.db'));
  const { counters } = play([...called(timedCall('CreateContainer', 0, 200)), ...many], {
    maxActivities: 16,
  });
  assert.ok(counters.activitiesDropped >= 84);
});

test('after the calls are over nothing is kept', () => {
  const pods = Array.from({ length: 10 }, (_, nth) => podPlay({ nth: nth + 1, from: nth * 10 }));
  const later = timedCall('CreateContainer', 5000, 5010, { stream: 999 });
  const { counters } = play([
    ...pods.flatMap((pod) => pod.steps),
    ...called(later),
    sync(6000, 6001, containerd, 'meta.db'),
    ...called(timedCall('CreateContainer', 6100, 6110, { stream: 1001 })),
    sync(7000, 7001, containerd, 'meta.db'),
  ]);
  assert.equal(counters.heldNow, 0);
  assert.equal(counters.unitsNow, 0);
  // The runtime, and of each pod its shim and its container.
  assert.equal(counters.processesNow, 1 + 2 * pods.length);
});

test('without kernel events no call is followed beyond its end', () => {
  const steps = Array.from({ length: 20 }, (_, nth) =>
    called(timedCall('StartContainer', nth * 10, nth * 10 + 5, { stream: 2 * nth + 1 })),
  ).flat();
  assert.equal(play(steps, { maxCalls: 1 }).counters.callsDropped, 0);
});
