import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import type { Caller } from '../../src/calls/caller.ts';
import { createKubelets } from '../../src/calls/kubelets.ts';
import { noFacts } from '../../src/cri/facts.ts';
import { aCall } from '../support/a-call.ts';

const begin = 1_800_000_000_000_000_000n;
const second = 1_000_000_000n;
const nobody: Caller = {
  pid: null,
  pidStart: null,
  uid: null,
  comm: null,
  cgroup: null,
  userAgent: 'grpc-go/1.72.1',
};
const named = (comm: string, pid = 50): Caller => ({ ...nobody, pid, pidStart: BigInt(pid), uid: 0, comm });

/** What is asked, and after how many seconds. `0.1.0` and `running` are what the request says. */
type Asked = readonly [rpc: string, at: number, says?: string];

const valuesOf = (says: string | undefined): Call['facts']['values'] =>
  says === undefined
    ? {}
    : says.endsWith('_READY') || says.endsWith('_RUNNING')
      ? { 'filter.state': says }
      : { 'version.requested': says };

const callOf = ([rpc, at, says]: Asked, caller: Caller, connection: number, endpoint: string): Call => {
  const start = begin + BigInt(Math.round(at * 1000)) * 1_000_000n;
  return aCall({
    ...{ rpc, caller, connection, endpoint, start, end: start + 5_000_000n },
    facts: { ...noFacts, values: valuesOf(says) },
  });
};

const socket = '/run/containerd/containerd.sock';

const node = () => {
  const kubelets = createKubelets();
  return {
    kubelets,
    sees: (asked: readonly Asked[], caller: Caller, connection = 1, endpoint = socket) => {
      for (const one of asked) kubelets.saw(callOf(one, caller, connection, endpoint));
      return kubelets.isOne(caller, connection, endpoint);
    },
  };
};

/** Every second, as a relist does. */
const relists = (from: number, count: number, everySeconds = 1): Asked[] =>
  Array.from({ length: count }, (_, nth): Asked[] => [
    ['ListPodSandbox', from + nth * everySeconds],
    ['ListContainers', from + nth * everySeconds + 0.01],
  ]).flat();

const housekeeping = (from: number, count: number): Asked[] =>
  Array.from({ length: count }, (_, nth): Asked[] => [
    ['ListPodSandbox', from + nth * 2, 'SANDBOX_READY'],
    ['ListContainers', from + nth * 2 + 0.01, 'CONTAINER_RUNNING'],
  ]).flat();

const checks: Asked[] = [['Version', 0, '0.1.0']];

/** The same whatever the program is called, so that only its behaviour counts. */
const behaviours: readonly (readonly [string, readonly Asked[], boolean])[] = [
  ['a kubelet in its first seconds', [['Version', 0], ...checks, ['Status', 0.1], ...relists(0.2, 3)], true],
  ['one that takes events, and relists every five minutes', [...checks, ...housekeeping(1, 3)], true],
  [
    'one that was there before: its check comes every ten seconds',
    [...relists(0, 5), ['Version', 5, '0.1.0']],
    true,
  ],
  ['its start alone', [['Version', 0], ...checks, ['Status', 0.1], ['ListPodSandbox', 0.2]], false],
  ['one relist', [...checks, ...relists(0, 1)], false],
  ['lists without the check that every kubelet makes', relists(0, 100), false],
  ['a check with another version', [['Version', 0, 'v1'], ...relists(0, 100)], false],
  ['a check without one, as crictl asks', [['Version', 0], ...relists(0, 100)], false],
  ['an agent that polls every 15 s', [...checks, ...relists(0, 100, 15)], false],
  ['many lists within a second, as conformance tests make', [...checks, ...relists(0, 10, 0.1)], false],
  [
    'lists that have half a second between them',
    [...checks, ...relists(0, 9).map(([rpc, at]): Asked => [rpc, rpc === 'ListContainers' ? at + 0.5 : at])],
    false,
  ],
  [
    'sandboxes that are ready and then all containers',
    [
      ...checks,
      ...relists(0, 9).map(
        ([rpc, at]): Asked => (rpc === 'ListPodSandbox' ? [rpc, at, 'SANDBOX_READY'] : [rpc, at]),
      ),
    ],
    false,
  ],
  [
    'containers before sandboxes',
    [
      ...checks,
      ...relists(0, 9).map(
        ([rpc, at]): Asked => [rpc === 'ListContainers' ? 'ListPodSandbox' : 'ListContainers', at],
      ),
    ],
    false,
  ],
  [
    'statistics only',
    [...checks, ...Array.from({ length: 50 }, (_, nth): Asked => ['ListContainerStats', nth])],
    false,
  ],
];

for (const [what, asked, expected] of behaviours) {
  test(`by what it does: ${what}`, () => {
    for (const caller of [nobody, named('containerd-shim'), named('node')])
      assert.equal(node().sees(asked, caller), expected, `${caller.comm}`);
  });
}

test('lists that the runtime refused show nothing', () => {
  const { kubelets } = node();
  for (const asked of [...checks, ...relists(0, 9)]) {
    const call = callOf(asked, nobody, 1, socket);
    kubelets.saw({ ...call, result: { ...call.result, status: 'UNIMPLEMENTED' } });
  }
  assert.equal(kubelets.isOne(nobody, 1, socket), false);
});

test('by name at once: kubelets of releases and of distributions', () => {
  for (const comm of [
    'kubelet',
    'kubelet-1.37.2',
    'kubelet-v1.30.14',
    'kubelet_v1.30.1',
    'kubelite',
    'hyperkube',
    'k3s',
    'k3s-server',
    'k3s-agent',
  ])
    assert.equal(node().sees([], named(comm)), true, comm);
  for (const comm of [
    'crictl',
    'critest',
    'kubectl',
    'kubeadm',
    'kube-proxy',
    'agent',
    'kubeletx',
    'k3s-etcd',
  ])
    assert.equal(node().sees([], named(comm)), false, comm);
});

test('all connections of its process are the kubelet, and the next process of the program from its start', () => {
  const at = node();
  const first = named('rke2-agent', 50);
  at.sees([...checks, ...relists(0, 3)], first, 1);
  assert.equal(at.kubelets.isOne(first, 2, socket), true);
  assert.equal(at.kubelets.isOne(named('rke2-agent', 51), 3, socket), true);
  assert.equal(at.kubelets.isOne({ ...named('rke2-agent', 52), uid: 1000 }, 4, socket), false);
  assert.equal(at.kubelets.isOne(named('rke2-agent', 53), 5, '/run/other.sock'), false);
});

test('two that are run by one interpreter are not the same program', () => {
  const at = node();
  at.sees([...checks, ...relists(0, 3)], named('python3', 50), 1);
  assert.equal(at.kubelets.isOne(named('python3', 51), 2, socket), false);
});

test('a caller that nothing is known of stands for itself alone; one like it may be it', () => {
  const at = node();
  at.sees([...checks, ...relists(0, 3)], nobody, 1);
  assert.equal(at.kubelets.isOne(nobody, 2, socket), false);
  assert.equal(at.kubelets.mayBeOne(nobody, 2, socket), true);
  assert.equal(at.kubelets.mayBeOne({ ...nobody, userAgent: 'grpc-go/1.79.3' }, 3, socket), false);
  assert.equal(at.kubelets.mayBeOne({ ...nobody, userAgent: null }, 4, socket), false);
  assert.equal(at.kubelets.mayBeOne(nobody, 5, '/run/other.sock'), false);
  assert.equal(at.kubelets.mayBeOne(named('crictl'), 6, socket), false);
});

test('what is remembered is bounded', () => {
  const kubelets = createKubelets({
    ...{ maxRemembered: 4, pairWithin: second, pairsWithin: 5n * second, minPairs: 3, minSpan: second },
  });
  const caller = named('agent', 1);
  for (const asked of [...checks, ...relists(0, 3)]) kubelets.saw(callOf(asked, caller, 1, socket));
  assert.equal(kubelets.isOne(caller, 1, socket), true);
  for (let nth = 2; nth < 10; nth++)
    kubelets.saw(callOf(['Status', 9], named(`other-${nth}`, nth), nth, socket));
  // Its process is forgotten; by its program it is known again.
  assert.equal(kubelets.isOne(named('agent', 77), 77, socket), true);
});
