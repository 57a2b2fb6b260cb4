import assert from 'node:assert/strict';
import test from 'node:test';
import type { Call } from '../../../src/calls/call.ts';
import type { KernelEvent } from '../../../src/kernel/kernel-event.ts';
import {
  at,
  called,
  containerd,
  exec,
  exit,
  explain,
  fork,
  play,
  program,
  type Step,
  sync,
  task,
  timedCall,
} from '../../support/kernel-play.ts';
import { idOf, podPlay } from '../../support/kernel-pod.ts';
import { storyTree } from '../../support/story-tree.ts';

const id = idOf(7, 'c');
const shim = task(900, 'containerd-shim', -5000);

const event = (ms: number, told: KernelEvent): Step => ({ ms, event: told });

const ofContainer = (rpc: string, from: number, to: number, changes: Partial<Call> = {}): Call => {
  const call = timedCall(rpc, from, to, changes);
  return { ...call, facts: { ...call.facts, sandboxId: idOf(7, 'a'), containerId: id } };
};
const runc = (command: string) => ({ argv: ['runc', '--root', '/r', command, id] });
const inCgroup = `/kubepods/besteffort/pod1/${id}`;

test('a container killed for want of memory while it starts, and what the runtime did then', () => {
  const start = ofContainer('StartContainer', 0, 100, {
    result: { ...timedCall('StartContainer', 0, 100).result, status: 'UNKNOWN', statusCode: 2 },
  });
  const create = task(910, 'runc', 10);
  const init = task(911, 'runc:[2:INIT]', 20);
  const { storyOf, counters } = play([
    ...called(start),
    ...program(10, 60, create, shim, runc('create'), 1),
    fork(20, init, { ...create, comm: 'runc:[1:CHILD]' }),
    event(40, { kind: 'oom_kill', process: init, cgroup: inCgroup }),
    event(40, { kind: 'signal', signal: 9, process: init, sender: null }),
    exit(41, init, null, 9),
    event(50, { kind: 'lost', records: 3 }),
  ]);
  const story = storyOf(start);
  assert.ok(story);
  assert.deepEqual(storyTree(story), ['runc create']);
  assert.equal(story.parts[0]?.exitCode, 1);
  assert.deepEqual(
    story.marks.map((mark) => [mark.kind, mark.at]),
    [
      ['oom_kill', at(40)],
      ['signal', at(40)],
    ],
  );
  assert.equal(story.lostRecords, 3);
  assert.equal(counters.lost, 3);
});

test('an OOM kill in a container of another call is not told of this one', () => {
  const start = ofContainer('StartContainer', 0, 100);
  const stranger = task(999, 'app', -100);
  const { storyOf } = play([
    ...called(start),
    event(40, { kind: 'oom_kill', process: stranger, cgroup: `/kubepods/${idOf(8, 'c')}` }),
  ]);
  assert.deepEqual(storyOf(start)?.marks, []);
});

test('a stop waits for the container: from the signal to its end, also where the container was there before', () => {
  const stop = ofContainer('StopContainer', 0, 3000);
  const kill = task(920, 'runc', 5);
  const app = task(500, 'app', -90_000);
  const { storyOf } = play([
    ...called(stop),
    ...program(5, 15, kill, shim, runc('kill')),
    event(10, { kind: 'signal', signal: 15, process: app, sender: kill }),
    exit(2510, app, 143),
  ]);
  const story = storyOf(stop);
  assert.ok(story);
  const waited = story.parts.find(({ what }) => what.kind === 'stop');
  assert.deepEqual(
    [waited?.start, waited?.end, waited?.signal, waited?.outlives],
    [at(10), at(2510), 15, false],
  );
  assert.equal(story.breakdown, '83 % container stop, 17 % unexplained');
});

test('a cgroup that is frozen and not thawed; one that is thawed is none', () => {
  const update = ofContainer('UpdateContainerResources', 0, 100);
  const frozen = (thawed: boolean) =>
    play([
      ...called(update),
      event(10, { kind: 'cgroup', action: 'freeze', path: inCgroup, process: null }),
      ...(thawed
        ? [event(20, { kind: 'cgroup', action: 'thaw', path: inCgroup, process: null } as const)]
        : []),
    ]).storyOf(update)?.marks;
  assert.deepEqual(frozen(false), [{ kind: 'frozen', at: at(10), path: inCgroup }]);
  assert.deepEqual(frozen(true), []);
});

test('what outlives a call explains none of its time; of a call that was given up it does', () => {
  const create = task(930, 'runc', 10);
  const steps = (call: Call): readonly Step[] => [
    ...called(call),
    ...program(10, 500, create, shim, runc('create')),
  ];
  const over = ofContainer('StartContainer', 0, 100);
  const finished = play(steps(over)).storyOf(over);
  assert.deepEqual([finished?.parts[0]?.outlives, finished?.parts[0]?.end], [true, at(100)]);
  assert.equal(finished?.breakdown, '100 % unexplained');
  const givenUp: Call = {
    ...over,
    result: { ...over.result, outcome: 'reset', status: null, statusCode: null },
  };
  assert.equal(play(steps(givenUp)).storyOf(givenUp)?.breakdown, '90 % runc create, 10 % unexplained');
});

test('what a container does after its first program is not the runtime’s work', () => {
  const pod = podPlay({ nth: 1, from: 0 });
  const app = task(10_110, 'pause', 155);
  const worker = task(5000, 'worker', 193);
  const { storyOf, counters } = play([
    ...pod.steps,
    fork(193, worker, app),
    exec(194, worker, app, { argv: ['/bin/worker', '--password=x'] }),
    exec(195, app, null, { argv: ['/bin/again'] }),
  ]);
  const names = storyOf(pod.run)?.parts.map(({ name }) => name) ?? [];
  assert.ok(names.includes('container pause'));
  assert.ok(!names.some((name) => /worker|again/.test(name)));
  assert.equal(counters.workload, 2);
});

test('CRI-O: its monitor starts the OCI runtime and goes on', () => {
  const crio = task(701, 'crio', -100_000);
  const create = ofContainer('CreateContainer', 0, 100, {
    server: { pid: 701, pidStart: null, comm: 'crio' },
  });
  const conmon = task(940, 'conmon', 10);
  const daemon = task(941, 'conmon', 12);
  const oci = task(942, 'crun', 14);
  const { storyOf } = play([
    ...called(create),
    ...program(10, 90, conmon, crio, { argv: ['/usr/libexec/crio/conmon', '-c', id, '-n', 'k8s_web'] }),
    fork(12, daemon, conmon),
    ...program(14, 60, oci, daemon, { argv: ['/usr/bin/crun', 'create', '--bundle', '/b', id] }),
  ]);
  const story = storyOf(create);
  assert.ok(story);
  assert.deepEqual(storyTree(story), ['conmon', '  crun create']);
  assert.equal(story.breakdown, '80 % conmon, 20 % unexplained');
});

test('a sync of the runtime is of the only call that writes, and of none of two: then both say that it is shared', () => {
  const pull = timedCall('PullImage', 0, 100, { stream: 1 });
  const create = ofContainer('CreateContainer', 50, 150, { stream: 3 });
  const { storyOf } = play([
    ...called({ ...pull, facts: { ...pull.facts, sandboxId: null } }),
    ...called(create),
    sync(10, 30, containerd, 'io.containerd.metadata.v1.bolt/meta.db'),
    sync(60, 80, containerd, 'io.containerd.metadata.v1.bolt/meta.db'),
    sync(82, 90, containerd, `containers/${id}/.tmp-status123456`),
  ]);
  const [ofPull, ofCreate] = [storyOf(pull), storyOf(create)];
  assert.deepEqual([ofPull?.syncs.count, ofPull?.sharedSyncs.count], [1, 1]);
  assert.deepEqual([ofCreate?.syncs.count, ofCreate?.sharedSyncs.count], [1, 1]);
  assert.deepEqual(
    ofCreate?.parts.map(({ name, link }) => [name, link]),
    [['fdatasync .tmp-status', 'identity']],
  );
});

test('a call that is stuck says what runs for it now', () => {
  const run = timedCall('RunPodSandbox', 0, 200_000);
  const sandbox = idOf(9, 'a');
  const { pod } = run.facts;
  const cni = {
    command: 'ADD',
    containerId: sandbox,
    podName: pod?.name ?? null,
    podNamespace: pod?.namespace ?? null,
  };
  const bridge = task(950, 'bridge', 1000);
  const ipam = task(951, 'host-local', 2000);
  const explained = (steps: readonly Step[]): string => {
    const found = explain([...called(run), ...steps], run, 120_000);
    return found.replace(/^.*registry\)\. /, '');
  };
  const plugin = [
    fork(1000, bridge, containerd),
    exec(1001, bridge, containerd, { argv: ['/opt/cni/bin/bridge'], cni }),
  ];
  assert.equal(
    explained([
      ...plugin,
      fork(2000, ipam, bridge),
      exec(2001, ipam, bridge, { argv: ['/opt/cni/bin/host-local'], cni }),
    ]),
    'The kernel shows what runs for it now: cni.ADD host-local (pid 951) for 118 s.',
  );
  assert.equal(
    explained([...plugin, exit(3000, bridge)]),
    'The kernel shows no program that runs for it now: the runtime itself waits, or its shim.',
  );
});

test('how long the processes of a call waited for a processor, where that is told', () => {
  const start = ofContainer('StartContainer', 0, 100);
  const create = task(960, 'runc', 10);
  const scheduling = (process: typeof create): Step =>
    event(60, { kind: 'scheduling', process, waits: 3, runQueueNs: 5_000_000n, blockedNs: 7_000_000n });
  const { storyOf } = play([
    ...called(start),
    ...program(10, 59, create, shim, runc('create')),
    scheduling(create),
    scheduling(task(999, 'stranger', -10)),
    scheduling(create),
  ]);
  const twice = { runQueueNs: 10_000_000n, blockedNs: 14_000_000n };
  assert.deepEqual(
    storyOf(start)?.parts.map(({ name, scheduling }) => [name, scheduling]),
    [['runc create', twice]],
  );
  assert.deepEqual(storyOf(start)?.scheduling, twice);
  const untold = play([...called(start), ...program(10, 59, create, shim, runc('create'))]);
  assert.equal(untold.storyOf(start)?.scheduling, null);
  assert.equal(untold.storyOf(start)?.parts[0]?.scheduling, null);
});
