import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Call } from '../../../src/calls/call.ts';
import { type CensusLimits, createCensus, defaultCensusLimits } from '../../../src/calls/census/census.ts';
import type { ResidentOf } from '../../../src/calls/census/residence.ts';
import { aCall } from '../../support/a-call.ts';
import { replayFindings } from '../../support/replay-calls.ts';

const uid = '0c3f6f7e-2b0a-4d5e-9d49-3f1a6a1c2b11';
const containerId = 'ab'.repeat(32);
const inPod = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${containerId}.scope`;

const nobody: ResidentOf = () => null;

let stream = 1;
const call = (
  caller: Partial<Call['caller']>,
  apiVersion: Call['apiVersion'],
  rest: Partial<Call> = {},
): Call => {
  stream += 2;
  const base = aCall();
  const rpc = rest.rpc === undefined ? 'ListContainers' : rest.rpc;
  return aCall({
    connection: caller.pid ?? 1,
    stream,
    apiVersion,
    rpc,
    method: rpc === null ? null : `runtime.${apiVersion}.RuntimeService/${rpc}`,
    caller: { ...base.caller, ...caller },
    ...rest,
  });
};

const failed = (): Partial<Call> => {
  const { result } = aCall();
  return { result: { ...result, status: 'UNIMPLEMENTED', statusCode: 12 } };
};

const census = (residentOf: ResidentOf = nobody, limits: Partial<CensusLimits> = {}) =>
  createCensus(residentOf, { ...defaultCensusLimits, ...limits });

test('who still uses v1alpha2 comes first, however rarely', () => {
  const count = census();
  for (let n = 0; n < 10; n++) count.add(call({ pid: 1, comm: 'kubelet' }, 'v1'));
  count.add(call({ pid: 2, comm: 'agent' }, 'v1alpha2'));
  assert.deepEqual(
    count.result().callers.map(({ comm, calls, versions }) => [comm, calls, versions.v1alpha2]),
    [
      ['agent', 1, 1],
      ['kubelet', 10, 0],
    ],
  );
});

test('processes of one program are one caller; another uid, user agent or container is another', () => {
  const count = census();
  const same = { comm: 'crictl', uid: 0, userAgent: 'grpc-go/1.47.0' };
  count.add(call({ ...same, pid: 10 }, 'v1'));
  count.add(call({ ...same, pid: 11 }, 'v1'));
  count.add(call({ ...same, pid: 12, uid: 1000 }, 'v1'));
  count.add(call({ ...same, pid: 13, userAgent: 'grpc-go/1.39.0' }, 'v1'));
  count.add(call({ ...same, pid: 14, cgroup: inPod }, 'v1'));
  assert.deepEqual(
    count.result().callers.map(({ processes, pids }) => [processes, [...pids]]),
    [
      [2, [10, 11]],
      [1, [12]],
      [1, [13]],
      [1, [14]],
    ],
  );
});

test('a caller in a container has the name of its pod, as soon as a message told it', () => {
  let known = false;
  const count = census((endpoint, residence) => {
    assert.equal(endpoint, aCall().endpoint);
    assert.deepEqual(residence, { podUid: uid, containerId, unit: null });
    return known
      ? { pod: { namespace: 'monitoring', name: 'agent-x', uid, attempt: 0 }, containerName: 'agent' }
      : null;
  });
  const first = count.add(call({ pid: 5, comm: 'agent', cgroup: inPod }, 'v1alpha2'));
  assert.match(first?.explanation ?? '', /agent in pod 0c3f6f7e-\S+ uses the deprecated v1alpha2/);
  known = true;
  assert.equal(count.add(call({ pid: 5, comm: 'agent', cgroup: inPod }, 'v1alpha2')), null);
  const [last] = count.finish();
  assert.match(last?.explanation ?? '', /agent in pod monitoring\/agent-x, container agent uses .*\(2 calls/);
  assert.equal(last?.revision, 1);
});

test('the first use of each version is told once, its errors too', () => {
  const count = census();
  const kubelet = { pid: 7, comm: 'kubelet' };
  const told = [
    call(kubelet, 'v1', failed()),
    call(kubelet, 'v1alpha2'),
    call(kubelet, 'v1alpha2'),
    call(kubelet, 'v1alpha2', failed()),
  ].map((one) => count.add(one)?.version ?? null);
  assert.deepEqual(told, ['v1', 'v1alpha2', null, null]);
  assert.deepEqual(
    count.finish().map(({ version, calls, errors }) => [version, calls, errors]),
    [['v1alpha2', 3, 1]],
  );
});

test('methods: how often, how many errors, since when', () => {
  const count = census();
  const at = (second: number) => ({
    start: BigInt(second) * 10n ** 9n,
    end: BigInt(second) * 10n ** 9n + 1n,
  });
  count.add(call({}, 'v1', at(5)));
  count.add(call({}, 'v1', { ...at(3), ...failed() }));
  count.add(call({}, 'v1', { ...at(9), rpc: 'Status', method: 'runtime.v1.RuntimeService/Status' }));
  const [row] = count.result().callers;
  assert.deepEqual(
    row?.methods.map(({ method, calls, errors, first, last }) => [method, calls, errors, first, last]),
    [
      ['runtime.v1.RuntimeService/ListContainers', 2, 1, 3_000_000_000n, 5_000_000_001n],
      ['runtime.v1.RuntimeService/Status', 1, 0, 9_000_000_000n, 9_000_000_001n],
    ],
  );
});

test('a call that a revision names is moved to its name, any other revision moves nothing', () => {
  const count = census();
  const unknown = call({}, null, { rpc: null, method: null, service: null, methodSource: 'unknown' });
  count.add(unknown);
  count.add({ ...unknown, revision: 1, rpc: 'Status', service: 'RuntimeService', methodSource: 'inferred' });
  const named = call({}, 'v1');
  count.add(named);
  count.add({ ...named, revision: 1 });
  const [row] = count.result().callers;
  assert.deepEqual(
    row?.methods.map(({ method, version, calls }) => [method, version, calls]),
    [
      ['runtime.v1.RuntimeService/ListContainers', 'v1', 1],
      ['Status', 'unknown', 1],
    ],
  );
});

test('bounds: what is beyond them is counted together, and nothing is lost', () => {
  const count = census(nobody, { maxCallers: 2, maxMethods: 2, maxProcesses: 3, maxConnections: 1 });
  for (let n = 0; n < 10; n++) count.add(call({ pid: n, comm: `c${n % 4}` }, 'v1', { rpc: `M${n}` }));
  const { callers, uncounted } = count.result();
  const counted = callers.reduce((sum, row) => sum + row.calls, 0);
  assert.equal(callers.length, 2);
  assert.equal(counted + uncounted, 10);
  for (const { methods, processes } of callers) {
    assert.ok(processes <= 3);
    assert.deepEqual(methods.map(({ method }) => method).filter((method) => method === '(others)').length, 1);
  }
});

/** From the truth files: each path once a method. */
test('recorded clients: who uses what', async () => {
  const story = async (name: string) => {
    const path = fileURLToPath(new URL(`../../fixtures/captures/${name}.jsonl.gz`, import.meta.url));
    const last = new Map<string, string>();
    for (const finding of await replayFindings(path)) {
      if (finding.kind !== 'caller') continue;
      const { caller, version, calls, errors, processes } = finding.seen;
      last.set(`${caller.comm} ${version}`, `${calls} calls, ${errors} errors, ${processes} processes`);
    }
    return Object.fromEntries(last);
  };
  assert.deepEqual(await story('kubelet-1.25-containerd-1.5'), {
    'kubelet-1.25.4 v1': '2 calls, 2 errors, 1 processes',
    'kubelet-1.25.4 v1alpha2': '1450 calls, 0 errors, 1 processes',
  });
  assert.deepEqual(await story('v1alpha2-c16-crictl1.22'), {
    'crictl v1alpha2': '50 calls, 14 errors, 45 processes',
  });
  assert.deepEqual(await story('kubelet-1.37-giveup-gate-v1alpha2-3-starts'), {
    'kubelet-1.37.2 v1': '3 calls, 3 errors, 3 processes',
  });
});
