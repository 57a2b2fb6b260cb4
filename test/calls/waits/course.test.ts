import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KernelPart, KernelStory } from '../../../src/calls/kernel/story.ts';
import { aCall } from '../../support/a-call.ts';
import { at, callOf, type Played, play } from './play.ts';

const start: readonly Played[] = [
  { rpc: 'RunPodSandbox', from: 0, to: 1 },
  { rpc: 'PullImage', from: 1.1, to: 3, image: 'web:1' },
  { rpc: 'CreateContainer', from: 3.1, to: 3.2, container: 'app', image: 'web:1' },
  { rpc: 'StartContainer', from: 3.2, to: 3.5, container: 'app' },
];

test('without anybody in its way: the calls, and between them the kubelet itself', () => {
  const { course, breakdown } = play(start);
  assert.deepEqual(course, [
    'runtime 0.00-1.00 of sandbox',
    'client 1.00-1.10',
    'runtime 1.10-3.00 of image_pull',
    'client 3.00-3.10',
    'runtime 3.10-3.20 of create',
    'runtime 3.20-3.50 of start',
  ]);
  assert.equal(
    breakdown,
    '54 % PullImage (runtime 1900 ms), 29 % RunPodSandbox (runtime 1000 ms), 8 % StartContainer (runtime 300 ms), 6 % kubelet between calls, 3 % CreateContainer (runtime 100 ms)',
  );
});

test('after a call that failed the time until the next try is a back-off', () => {
  const { course, waits } = play([
    { rpc: 'RunPodSandbox', from: 0, to: 1 },
    { rpc: 'PullImage', from: 1, to: 2, image: 'web:1', failed: true },
    { rpc: 'PullImage', from: 12, to: 13, image: 'web:1' },
    { rpc: 'CreateContainer', from: 13, to: 14, container: 'app', image: 'web:1' },
    { rpc: 'StartContainer', from: 14, to: 15, container: 'app' },
  ]);
  assert.equal(course[2], 'back_off 2.00-12.00');
  assert.equal(waits[2]?.evidence, 'the call before it failed (UNKNOWN)');
});

test('an init container that ran is no time of the kubelet', () => {
  const exited = callOf({ rpc: 'ContainerStatus', from: 5, to: 5, container: 'init' });
  const { course } = play([
    { rpc: 'RunPodSandbox', from: 0, to: 1 },
    { rpc: 'CreateContainer', from: 1, to: 2, container: 'init' },
    { rpc: 'StartContainer', from: 2, to: 3, container: 'init' },
    {
      rpc: 'ContainerStatus',
      from: 5,
      to: 5,
      container: 'init',
      call: { facts: { ...exited.facts, values: { 'container.state': 'CONTAINER_EXITED' } } },
    },
    { rpc: 'CreateContainer', from: 6, to: 7, container: 'app' },
    { rpc: 'StartContainer', from: 7, to: 8, container: 'app' },
  ]);
  assert.equal(course[3], 'init_container 3.00-6.00');
});

const part = (name: string, from: number, to: number, more: Partial<KernelPart> = {}): KernelPart => ({
  name,
  what: { kind: 'sync', operation: name, file: null },
  link: 'identity',
  pid: 1,
  processStart: 0n,
  comm: 'containerd',
  parent: null,
  start: at(from),
  end: at(to),
  outlives: false,
  exitCode: null,
  signal: null,
  cpuNs: null,
  peakRssBytes: null,
  scheduling: null,
  interfaceName: null,
  ...more,
});

const story = (parts: readonly KernelPart[]): KernelStory => {
  const none = { requests: 0, bytes: 0n, durationNs: 0n };
  return {
    from: at(0),
    to: at(1),
    parts,
    partsDropped: 0,
    shares: [],
    unexplainedNs: 0n,
    breakdown: '',
    executions: 0,
    cpuNs: 0n,
    syncs: { count: 0, durationNs: 0n, slowest: null },
    sharedSyncs: { count: 0, durationNs: 0n },
    block: none,
    blockOfOthers: none,
    scheduling: null,
    marks: [],
    marksDropped: 0,
    ambiguous: 0,
    lostRecords: 0,
  };
};

test('what the kernel saw run for a call has its time; what another part started counts once', () => {
  const cni = {
    what: {
      kind: 'program',
      program: { kind: 'cni', command: 'ADD', plugin: 'bridge', folder: '/opt/cni/bin' },
    },
  } as const;
  const parts = [
    part('cni', 0.2, 0.6, cni),
    part('exec iptables', 0.3, 0.5, { parent: 0 }),
    part('fsync', 0.7, 0.8),
    // It goes on after the call: nobody waited for it.
    part('shim', 0.9, 1, { outlives: true }),
  ];
  const [sandbox, ...others] = start;
  assert.ok(sandbox);
  const { course, breakdown } = play([{ ...sandbox, call: { kernel: story(parts) } }, ...others]);
  assert.deepEqual(course.slice(0, 5), [
    'runtime 0.00-0.20 of sandbox',
    'kernel 0.20-0.60 of sandbox bridge',
    'runtime 0.60-0.70 of sandbox',
    'kernel 0.70-0.80 of sandbox fsync',
    'runtime 0.80-1.00 of sandbox',
  ]);
  assert.match(breakdown, /29 % RunPodSandbox \(runtime 500 ms, CNI bridge 400 ms, fsync 100 ms\)/);
});

test('bytes that lie in the socket are told apart from work', () => {
  const [sandbox, ...others] = start;
  assert.ok(sandbox);
  const times = { requestSentAt: at(0), requestReadAt: at(0.4), responseSentAt: at(0.9) };
  assert.deepEqual(play([{ ...sandbox, call: times }, ...others]).course.slice(0, 3), [
    'socket 0.00-0.40 of sandbox',
    'runtime 0.40-0.90 of sandbox',
    'socket 0.90-1.00 of sandbox',
  ]);
});

const rpcs = ['RunPodSandbox', 'PullImage', 'CreateContainer', 'StartContainer', 'StopContainer'] as const;

test('whatever happens, the waits of every operation follow each other and make its whole time', () => {
  const one = fc.record({
    rpc: fc.constantFrom(...rpcs),
    from: fc.integer({ min: 0, max: 2000 }),
    took: fc.integer({ min: 0, max: 500 }),
    pod: fc.constantFrom('web', 'api'),
    container: fc.constantFrom('app', 'side'),
    failed: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 30 }), (calls) => {
      const { operations } = play(
        calls.map(({ rpc, from, took, pod, container, failed }) => ({
          ...{ rpc, pod, from: from / 100, to: (from + took) / 100, image: 'x:1' },
          ...(rpc.endsWith('Container') ? { container } : {}),
          ...(failed ? { failed } : {}),
        })),
      );
      for (const { start: begin, end, course } of operations) {
        assert.ok(course);
        let until = begin;
        let shared = 0n;
        for (const wait of course.waits) {
          assert.equal(wait.start, until);
          assert.ok(wait.end > wait.start);
          until = wait.end;
        }
        for (const { ns } of course.shares) shared += ns;
        assert.equal(until, end);
        assert.equal(shared, end - begin);
      }
    }),
  );
});

test('an operation is told when a convoy about its last call must have been, and completed by it', () => {
  const leader = aCall({ rpc: 'UpdateContainerResources', stream: 9001, start: at(-1), end: at(0.98) });
  const sandbox = callOf({ rpc: 'RunPodSandbox', from: 0, to: 1 });
  const { course } = play(
    [{ rpc: 'RunPodSandbox', from: 0, to: 1, call: { stream: sandbox.stream } }, ...start.slice(1)],
    [
      {
        kind: 'symptom',
        symptom: {
          ...{ kind: 'convoy', revision: 0, endpoint: leader.endpoint, caller: leader.caller },
          ...{ start: at(-1), end: at(1), calls: [leader, sandbox], rpc: leader.rpc, followers: [] },
          ...{ count: 3, withinNs: 500_000_000n, passed: 0, stillWaiting: 0, explanation: '' },
        },
      },
    ],
  );
  assert.deepEqual(course.slice(0, 2), [
    'convoy 0.00-0.98 of sandbox behind UpdateContainerResources of default/web',
    'runtime 0.98-1.00 of sandbox',
  ]);
});

test('probes do not push out what is remembered of a start', () => {
  const times = { requestSentAt: at(0), requestReadAt: at(0.4) };
  const [sandbox, ...others] = start;
  assert.ok(sandbox);
  const probes = Array.from({ length: 100 }, (_, nth): Played => {
    const facts = callOf({ rpc: 'ExecSync', from: 0, to: 0, container: 'app' }).facts;
    return {
      ...{ rpc: 'ExecSync', from: 4 + nth / 10, to: 4.05 + nth / 10 },
      call: { facts: { ...facts, values: { 'exec.timeout_s': 1 } } },
    };
  });
  const { course } = play([{ ...sandbox, call: times }, ...others, ...probes], [], { maxCalls: 8 });
  assert.equal(course[0], 'socket 0.00-0.40 of sandbox');
});
