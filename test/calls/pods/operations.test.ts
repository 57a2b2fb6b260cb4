import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../../src/calls/call.ts';
import { createIdentities } from '../../../src/calls/identity/identities.ts';
import { createIdentityCounters, defaultIdentityLimits } from '../../../src/calls/identity/limits.ts';
import { createKubelets } from '../../../src/calls/kubelets.ts';
import { createPodCounters, defaultPodLimits, type PodLimits } from '../../../src/calls/pods/limits.ts';
import type { CallOperation, PodOperation } from '../../../src/calls/pods/operation.ts';
import { createPodOperations, type PodKnowledge } from '../../../src/calls/pods/operations.ts';
import { type CallFacts, noFacts } from '../../../src/cri/facts.ts';
import { aCall } from '../../support/a-call.ts';

const second = 1_000_000_000n;
const minute = 60n * second;
const nothingKnown = (): PodKnowledge => createIdentities(defaultIdentityLimits, createIdentityCounters());

interface Step {
  readonly rpc: string;
  /** When it ends, in seconds; it takes a tenth of one. */
  readonly at: number;
  readonly facts?: Partial<CallFacts>;
  readonly status?: number;
  readonly call?: Partial<Call>;
}

const base = aCall();
const noPod = { namespace: null, name: null, uid: null, attempt: null };
let streams = 1;

const callOf = ({ rpc, at, facts, status = 0, call }: Step): Call => {
  const end = BigInt(Math.round(at * 1000)) * 1_000_000n + minute;
  streams += 2;
  return aCall({
    rpc,
    stream: streams,
    start: end - second / 10n,
    end,
    facts: { ...noFacts, pod: base.facts.pod, sandboxId: 'sandbox', ...facts },
    result: { ...base.result, statusCode: status, status: status === 0 ? 'OK' : `CODE_${status}` },
    ...call,
  });
};

const container = (containerName: string, containerAttempt = 0): Partial<CallFacts> => ({
  containerName,
  containerAttempt,
  containerId: `${containerName}${containerAttempt}`,
});

const follow = (limits: Partial<PodLimits> = {}, known: PodKnowledge = nothingKnown()) => {
  const counters = createPodCounters();
  const operations = createPodOperations(counters, createKubelets(), { ...defaultPodLimits, ...limits });
  const found: PodOperation[] = [];
  return {
    counters,
    operations,
    found,
    end(step: Step): CallOperation | null {
      const result = operations.ended(callOf(step), known);
      found.push(...result.found);
      return result.operation;
    },
    outcomes: () => found.map(({ key, outcome, detail }) => [key.kind, outcome, detail]),
  };
};

const begin = (of: ReturnType<typeof follow>, at = 0): void => {
  of.end({ rpc: 'RunPodSandbox', at });
  of.end({ rpc: 'CreateContainer', at: at + 1, facts: container('app') });
  of.end({ rpc: 'StartContainer', at: at + 2, facts: container('app') });
};

const tick = (at: number): Step => ({ rpc: 'Version', at, facts: { pod: null, sandboxId: null } });

test('a start is over when its containers run and no more come', () => {
  const of = follow();
  begin(of);
  of.end(tick(31));
  assert.equal(of.found.length, 0);
  of.end(tick(33));
  assert.deepEqual(of.outcomes(), [['pod_start', 'running', null]]);
  assert.deepEqual(
    of.found[0]?.phases.map(({ phase, container: name }) => [phase, name]),
    [
      ['sandbox', null],
      ['client', null],
      ['create', 'app'],
      ['client', null],
      ['start', 'app'],
    ],
  );
  assert.equal(of.counters.openNow, 0);
});

test('a pull under way keeps the start open, however long it takes', () => {
  const of = follow();
  begin(of);
  const pull = callOf({ rpc: 'PullImage', at: 4000, facts: { image: 'big:1' } });
  const { pod } = pull.facts;
  assert.ok(pod);
  of.operations.began(pull.connection, pull.stream, pod);
  of.end(tick(3000));
  assert.equal(of.found.length, 0);
  assert.equal(of.operations.ended(pull, nothingKnown()).operation?.role, 'part');
  of.end({ rpc: 'CreateContainer', at: 4001, facts: container('two') });
  of.end({ rpc: 'StartContainer', at: 4002, facts: container('two') });
  of.end(tick(4040));
  assert.deepEqual(of.outcomes(), [['pod_start', 'running', null]]);
  assert.equal(of.found[0]?.phases.filter(({ phase }) => phase !== 'client').length, 6);
});

test('an init container that ran and ended is no time of the kubelet', () => {
  const of = follow();
  of.end({ rpc: 'RunPodSandbox', at: 0 });
  of.end({ rpc: 'CreateContainer', at: 1, facts: container('init') });
  of.end({ rpc: 'StartContainer', at: 2, facts: container('init') });
  of.end({
    rpc: 'ContainerStatus',
    at: 20,
    facts: { ...container('init'), values: { 'container.state': 'CONTAINER_EXITED' } },
  });
  of.end({ rpc: 'CreateContainer', at: 22, facts: container('app') });
  of.end({ rpc: 'StartContainer', at: 23, facts: container('app') });
  of.end(tick(60));
  const [start] = of.found;
  assert.deepEqual(
    start?.phases
      .filter(({ phase }) => phase === 'init_container')
      .map(({ container: name, start, end }) => [name, end - start]),
    [['init', 19_900_000_000n]],
  );
});

const failures: readonly { readonly name: string; readonly step: Step; readonly detail: string }[] = [
  { name: 'sandbox', step: { rpc: 'RunPodSandbox', at: 3, status: 2 }, detail: 'RunPodSandbox: CODE_2' },
  {
    name: 'pull',
    step: { rpc: 'PullImage', at: 3, status: 5, facts: { image: 'app:1' } },
    detail: 'PullImage app:1: CODE_5',
  },
  {
    name: 'create',
    step: { rpc: 'CreateContainer', at: 3, status: 5, facts: container('two') },
    detail: 'CreateContainer two: CODE_5',
  },
  {
    name: 'start',
    step: { rpc: 'StartContainer', at: 3, status: 2, facts: container('two') },
    detail: 'StartContainer two: CODE_2',
  },
];

for (const { name, step, detail } of failures) {
  test(`a ${name} that failed is waited for, then said`, () => {
    const of = follow();
    begin(of);
    of.end(step);
    of.end(tick(300));
    assert.equal(of.found.length, 0);
    of.end(tick(364));
    assert.deepEqual(of.outcomes(), [['pod_start', 'failed', detail]]);
  });

  test(`a ${name} that failed and then did not is no failure`, () => {
    const of = follow();
    begin(of);
    of.end(step);
    of.end({ ...step, at: 200, status: 0 });
    if (name === 'create') of.end({ rpc: 'StartContainer', at: 201, facts: container('two') });
    of.end(tick(240));
    assert.deepEqual(of.outcomes(), [['pod_start', 'running', null]]);
  });
}

test('a pod of which nothing more comes is timed out, and one that the input ends on is incomplete', () => {
  const of = follow();
  of.end({ rpc: 'RunPodSandbox', at: 0 });
  of.end(tick(1801));
  of.end({ rpc: 'RunPodSandbox', at: 1802, facts: { pod: { ...(base.facts.pod ?? noPod), attempt: 1 } } });
  of.found.push(...of.operations.finish());
  assert.deepEqual(of.outcomes(), [
    ['pod_start', 'timed_out', 'no more calls came'],
    ['pod_start', 'incomplete', 'the observation ended first'],
  ]);
  assert.equal(of.counters.timedOut, 1);
});

test('attempts of a sandbox are starts of their own', () => {
  const of = follow();
  begin(of);
  const again = { pod: { ...(base.facts.pod ?? noPod), attempt: 1 }, sandboxId: 'other' };
  of.end({ rpc: 'RunPodSandbox', at: 5, facts: again });
  // In the new sandbox it is the first of its name, whatever its own attempt is.
  const operation = of.end({ rpc: 'CreateContainer', at: 6, facts: { ...container('app', 1), ...again } });
  assert.deepEqual(
    of.found.map(({ key, outcome }) => [key.attempt, outcome]),
    [[0, 'running']],
  );
  assert.deepEqual(operation?.key, {
    kind: 'pod_start',
    pod: '0c3f6f7e',
    attempt: 1,
    container: null,
    generation: 0,
  });
});

test('a container that is made anew is a trace of its own, while the pod still starts and after', () => {
  const of = follow();
  begin(of);
  const key = (attempt: number) => ({
    kind: 'container_start',
    pod: '0c3f6f7e',
    attempt: 0,
    container: 'app',
    generation: attempt,
  });
  assert.deepEqual(of.end({ rpc: 'CreateContainer', at: 4, facts: container('app', 1) })?.key, key(1));
  assert.deepEqual(of.end({ rpc: 'StartContainer', at: 5, facts: container('app', 1) })?.key, key(1));
  of.end(tick(60));
  assert.deepEqual(of.end({ rpc: 'CreateContainer', at: 61, facts: container('app', 2) })?.key, key(2));
  assert.deepEqual(
    of.end({ rpc: 'CreateContainer', at: 3600, facts: container('debug') })?.key.kind,
    'container_start',
  );
});

test('an observer that comes in the middle of a start goes on in its trace', () => {
  const early = follow();
  begin(early);
  early.end(tick(60));
  const late = follow();
  late.end({ rpc: 'CreateContainer', at: 1, facts: container('app') });
  late.end({ rpc: 'StartContainer', at: 2, facts: container('app') });
  late.end(tick(60));
  assert.deepEqual(late.found[0]?.key, early.found[0]?.key);
  assert.deepEqual([early.found[0]?.startSeen, late.found[0]?.startSeen], [true, false]);
});

test('a container whose like was there before is no start of the pod to who comes late', () => {
  const known = { ...nothingKnown(), containersOf: () => [{ id: 'older', name: 'app', attempt: 0 }] };
  const of = follow({}, known);
  assert.equal(
    of.end({ rpc: 'CreateContainer', at: 1, facts: container('app', 1) })?.key.kind,
    'container_start',
  );
  assert.equal(of.end({ rpc: 'PullImage', at: 2, facts: { image: 'a:1' } })?.key.kind, 'pod_start');
});

test('an image that is pulled for a pod that runs is linked, not a part', () => {
  const of = follow({}, { ...nothingKnown(), hasSandbox: () => true });
  assert.equal(of.end({ rpc: 'PullImage', at: 2, facts: { image: 'a:1' } })?.role, 'after');
});

const hook = (at: number, timeout: number): Step => ({
  rpc: 'ExecSync',
  at,
  facts: { ...container('app'), values: { 'exec.timeout_s': timeout } },
});

test('hooks are told from probes: no time limit; after a start, or before a stop', () => {
  const of = follow();
  begin(of);
  assert.equal(of.end(hook(2.2, 1)), null);
  assert.equal(of.end(hook(2.4, 0))?.key.kind, 'pod_start');
  of.end(tick(60));
  assert.equal(of.end(hook(100, 0))?.key.kind, 'pod_stop');
  of.end({ rpc: 'StopContainer', at: 101, facts: container('app') });
  of.end({ rpc: 'StopPodSandbox', at: 102 });
  assert.deepEqual(
    of.found[1]?.phases.filter(({ phase }) => phase !== 'client').map(({ phase }) => phase),
    ['pre_stop', 'stop', 'sandbox_stop'],
  );
  assert.equal(of.end({ rpc: 'RemovePodSandbox', at: 160 })?.role, 'after');
  const crictl = { connection: 77, caller: { ...base.caller, pid: 77, comm: 'crictl' } };
  assert.equal(of.end({ ...hook(200, 0), call: crictl }), null);
});

test('a container that alone is stopped and made anew ends the stop, and the next stop has other ids', () => {
  const attempts = [0];
  const known = {
    ...nothingKnown(),
    containersOf: () => [{ id: 'x', name: 'app', attempt: attempts[0] ?? 0 }],
  };
  const of = follow({}, known);
  begin(of);
  const once = of.end({ rpc: 'StopContainer', at: 100, facts: container('app') });
  of.end({ rpc: 'CreateContainer', at: 101, facts: container('app', 1) });
  assert.deepEqual(of.outcomes().at(-1), ['pod_stop', 'containers_stopped', 'the pod went on']);
  attempts[0] = 1;
  const twice = of.end({ rpc: 'StopContainer', at: 200, facts: container('app', 1) });
  assert.notDeepEqual(once?.key, twice?.key);
});

test('a pod whose attempt is not known is given no trace', () => {
  const of = follow();
  const pod = { ...(base.facts.pod ?? noPod), attempt: null };
  assert.equal(of.end({ rpc: 'StopContainer', at: 1, facts: { ...container('app'), pod } }), null);
});

test('a revision of a call stays part of what the call was', () => {
  const of = follow();
  const call = callOf({ rpc: 'RunPodSandbox', at: 1 });
  const before = of.operations.ended(call, nothingKnown()).operation;
  assert.deepEqual(of.operations.ended({ ...call, revision: 1 }, nothingKnown()).operation, before);
});

test('everything is bounded, and what the bounds drop is counted', () => {
  const of = follow({ maxOpen: 10, maxRemembered: 10, maxPhases: 5, maxInFlight: 10, maxRecent: 10 });
  for (let n = 0; n < 100; n++) {
    const pod = { namespace: 'a', name: 'b', uid: `u-${n}`, attempt: 0 };
    of.operations.began(1, n, pod);
    of.end({ rpc: 'RunPodSandbox', at: n / 100, facts: { pod } });
  }
  assert.equal(of.counters.openNow, 10);
  assert.equal(of.counters.evicted, 90);
  assert.equal(of.counters.inFlightDropped, 90);
  assert.deepEqual([...new Set(of.found.map(({ outcome }) => outcome))], ['incomplete']);
  const pod = { namespace: 'a', name: 'b', uid: 'u-99', attempt: 0 };
  for (let n = 0; n < 20; n++)
    of.end({ rpc: 'CreateContainer', at: 2, status: 2, facts: { pod, ...container(`c${n}`) } });
  assert.equal(of.counters.phasesDropped, 16);
  const told = of.operations.finish().find(({ key }) => key.pod === 'u-99');
  assert.equal(told?.phasesDropped, 16);
});

test('a try after the start was told as failed is another start', () => {
  const of = follow();
  const once = of.end({ rpc: 'RunPodSandbox', at: 0, status: 2 });
  const again = of.end({ rpc: 'RunPodSandbox', at: 500 });
  assert.deepEqual(
    of.found.map(({ outcome }) => outcome),
    ['failed'],
  );
  assert.equal(once?.key.generation, 0);
  assert.equal(again?.key.generation, 1);
});

test('whose start it was is said by what is known of the caller when it is told', () => {
  const known = { isKubelet: false };
  const operations = createPodOperations(createPodCounters(), { isOne: () => known.isKubelet });
  const end = (step: Step) => operations.ended(callOf(step), nothingKnown()).found;
  end({ rpc: 'RunPodSandbox', at: 0 });
  end({ rpc: 'CreateContainer', at: 1, facts: container('app') });
  end({ rpc: 'StartContainer', at: 2, facts: container('app') });
  known.isKubelet = true;
  assert.deepEqual(
    end(tick(60)).map(({ byKubelet }) => byKubelet),
    [true],
  );
});
