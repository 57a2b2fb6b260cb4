import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofKind, type Told, tell } from '../unreturned/story.ts';

const refused = (rpc: string, from: number, rest: Partial<Told> = {}): Told => ({
  rpc,
  from,
  to: from + 1,
  status: 'UNIMPLEMENTED',
  message: `unknown method ${rpc} for service runtime.v1.RuntimeService`,
  ...rest,
});
const served = (rpc: string, from: number): Told => ({ rpc, from, to: from + 1 });

const said = (calls: readonly Told[]): string[] =>
  ofKind(tell(calls), 'feature_fallback').map(
    ({ revision, feature, count, instead, sticky }) =>
      `r${revision} ${feature} x${count} ${instead} ${sticky}`,
  );

test('a streamed list that is refused once: the unary one from then on', () => {
  const calls = [
    refused('StreamContainers', 0),
    served('ListContainers', 10),
    served('ListContainers', 20),
    served('ListContainers', 30),
  ];
  assert.deepEqual(said(calls), [
    'r0 list_streaming x1 null null',
    'r1 list_streaming x1 ListContainers null',
    'r2 list_streaming x1 ListContainers true',
  ]);
});

test('pod statistics are asked for, and refused, each time', () => {
  const calls = [0, 100, 200, 300].flatMap((from) => [
    refused('ListPodSandboxStats', from),
    served('ListContainerStats', from + 10),
  ]);
  const told = said(calls);
  assert.deepEqual(told.slice(0, 3), [
    'r0 pod_stats x1 null null',
    'r1 pod_stats x1 ListContainerStats null',
    'r2 pod_stats x2 ListContainerStats false',
  ]);
  assert.equal(told.at(-1), 'r3 pod_stats x4 ListContainerStats false');
});

test('five refused tries for container events: a kubelet does not ask again', () => {
  const calls = [0, 1, 2, 3, 4].map((nth) =>
    refused('GetContainerEvents', nth * 1000, { message: 'method GetContainerEvents not implemented' }),
  );
  assert.equal(said(calls).at(-1), 'r3 container_events x5 null true');
});

test('a service that is unknown as a whole is a matter of the API version', () => {
  const calls = [refused('RuntimeConfig', 0, { message: 'unknown service runtime.v1.RuntimeService' })];
  assert.deepEqual(said(calls), []);
  assert.deepEqual(said([refused('RuntimeConfig', 0)]), ['r0 runtime_config x1 null null']);
});

test('each caller process has its own', () => {
  const calls = [refused('RuntimeConfig', 0, { pid: 1 }), refused('RuntimeConfig', 10, { pid: 2 })];
  assert.equal(said(calls).length, 2);
});

/** Every feature of which runtimes refuse the method, and what is used instead. */
const twins: readonly (readonly [string, string, string])[] = [
  ['StreamPodSandboxes', 'ListPodSandbox', 'list_streaming'],
  ['StreamContainers', 'ListContainers', 'list_streaming'],
  ['StreamContainerStats', 'ListContainerStats', 'list_streaming'],
  ['StreamPodSandboxStats', 'ListPodSandboxStats', 'list_streaming'],
  ['StreamPodSandboxMetrics', 'ListPodSandboxMetrics', 'list_streaming'],
  ['StreamImages', 'ListImages', 'list_streaming'],
  ['ListPodSandboxStats', 'ListContainerStats', 'pod_stats'],
];

for (const [rpc, twin, feature] of twins) {
  test(`${rpc} is refused: ${twin} instead, for good when it is used twice in a row`, () => {
    assert.deepEqual(said([refused(rpc, 0), served(twin, 10), served(twin, 20), served(twin, 30)]), [
      `r0 ${feature} x1 null null`,
      `r1 ${feature} x1 ${twin} null`,
      `r2 ${feature} x1 ${twin} true`,
    ]);
  });
}

const cases: readonly {
  readonly name: string;
  readonly calls: readonly Told[];
  readonly expected: readonly string[];
}[] = [
  {
    name: 'the older method, used before the newer one was refused, is no fallback',
    calls: [served('ListContainers', 0), refused('StreamContainers', 10)],
    expected: ['r0 list_streaming x1 null null'],
  },
  {
    name: 'nor is one that was under way then',
    calls: [
      { rpc: 'ListContainers', from: 0, to: 20 },
      { ...refused('StreamContainers', 5), to: 10 },
    ],
    expected: ['r0 list_streaming x1 null null'],
  },
  {
    name: 'the list of another kind is another matter',
    calls: [refused('StreamContainers', 0), served('ListPodSandbox', 10), served('ListPodSandbox', 20)],
    expected: ['r0 list_streaming x1 null null'],
  },
  {
    name: 'the older method of another process',
    calls: [refused('StreamImages', 0, { pid: 1 }), { ...served('ListImages', 10), pid: 2 }],
    expected: ['r0 list_streaming x1 null null'],
  },
  {
    name: 'served again: a runtime that was upgraded; a refusal after that is a new one',
    calls: [
      refused('StreamContainers', 0),
      served('StreamContainers', 10),
      served('ListContainers', 20),
      refused('StreamContainers', 30),
    ],
    expected: ['r0 list_streaming x1 null null', 'r0 list_streaming x1 null null'],
  },
  {
    name: 'an error of the method is no refusal',
    calls: [
      { ...refused('StreamContainers', 0), status: 'UNAVAILABLE', message: 'shutting down' },
      { ...refused('RuntimeConfig', 10), status: 'UNKNOWN', message: 'server is not initialized yet' },
      { ...refused('GetContainerEvents', 20), status: 'RESOURCE_EXHAUSTED' },
    ],
    expected: [],
  },
  {
    name: 'four refused tries for container events: the fifth may be served',
    calls: [0, 1, 2, 3].map((nth) => refused('GetContainerEvents', nth * 1000)),
    expected: [1, 2, 4].map((count, revision) => `r${revision} container_events x${count} null null`),
  },
  {
    name: 'a method that every runtime has',
    calls: [refused('ListContainers', 0), refused('RunPodSandbox', 10)],
    expected: [],
  },
];

for (const { name, calls, expected } of cases) {
  test(name, () => assert.deepEqual(said(calls), expected));
}
