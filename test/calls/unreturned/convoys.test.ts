import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofKind, type Told, tell } from './story.ts';

const leader: Told = { rpc: 'UpdateContainerResources', from: 0, to: 8000, facts: { containerId: 'c' } };
const held: readonly Told[] = [
  { rpc: 'ListContainers', from: 1000, to: 8020 },
  { rpc: 'Status', from: 2000, to: 8050 },
  { rpc: 'ListPodSandbox', from: 3000, to: 7990 },
  { rpc: 'ContainerStatus', from: 4000, to: 8300 },
];

const convoys = (calls: readonly Told[]) => ofKind(tell(calls, 20_000), 'convoy');

test('calls of other methods that end right after a long one: the long one is named', () => {
  const [found, ...others] = convoys([leader, ...held]);
  assert.deepEqual(others, []);
  assert.equal(found?.rpc, 'UpdateContainerResources');
  assert.deepEqual(
    found?.followers.map(({ rpc, waitedNs, endedAfterNs }) => [
      rpc,
      Number(waitedNs) / 1e6,
      Number(endedAfterNs) / 1e6,
    ]),
    [
      ['ListPodSandbox', 4990, -10],
      ['ListContainers', 7020, 20],
      ['Status', 6050, 50],
      ['ContainerStatus', 4300, 300],
    ],
  );
  assert.deepEqual([found?.passed, found?.stillWaiting], [0, 0]);
});

test('what speaks against it is counted', () => {
  const passed: Told = { rpc: 'Version', from: 5000, to: 5010 };
  const waiting: Told = {
    rpc: 'RemoveImage',
    service: 'ImageService',
    from: 3000,
    to: null,
    facts: { image: null },
  };
  const [found] = convoys([leader, ...held, passed, waiting]);
  assert.deepEqual([found?.passed, found?.stillWaiting], [1, 1]);
  assert.match(found?.explanation ?? '', /1 calls were answered meanwhile, 1 still wait/);
});

const none: readonly { readonly what: string; readonly calls: readonly Told[] }[] = [
  { what: 'too few', calls: [leader, ...held.slice(0, 2)] },
  { what: 'they did not wait', calls: [leader, ...held.map((call) => ({ ...call, from: 7500 }))] },
  { what: 'they end too late', calls: [leader, ...held.map((call) => ({ ...call, to: 9000 + call.from }))] },
  { what: 'the same method', calls: [leader, ...held.map((call) => ({ ...call, rpc: leader.rpc }))] },
  {
    what: 'clients gave up together',
    calls: [leader, ...held].map((call) => ({ ...call, reset: 'CANCEL' })),
  },
  {
    what: 'the long one was not long',
    calls: [{ ...leader, from: 7000 }, ...held.map((call) => ({ ...call, from: 7500 }))],
  },
  {
    what: 'they began after its end',
    calls: [leader, ...held.map((call) => ({ ...call, from: 8100, to: 8200 }))],
  },
  {
    what: 'a stream of events ends when the runtime does',
    calls: [{ ...leader, rpc: 'GetContainerEvents' }, ...held.slice(0, 3)],
  },
  { what: 'the client gave the long one up', calls: [{ ...leader, reset: 'CANCEL' }, ...held.slice(0, 3)] },
  {
    what: 'more wait on than were released',
    calls: [
      leader,
      ...held,
      ...Array.from(
        { length: 5 },
        (): Told => ({ rpc: 'ListImages', service: 'ImageService', from: 500, to: null }),
      ),
    ],
  },
];

for (const { what, calls } of none) {
  test(`no convoy: ${what}`, () => assert.deepEqual(convoys(calls), []));
}

test('a burst is bounded', () => {
  const calls = Array.from(
    { length: 100 },
    (_, nth): Told => ({ rpc: 'Status', from: 1000 + nth, to: 8010 }),
  );
  const story = tell([leader, ...calls], 20_000, { maxBurstCalls: 20 });
  assert.equal(story.counters.burstCallsOverLimit, 81);
  const [found] = ofKind(story, 'convoy');
  assert.equal(found?.count, 19);
  assert.equal(found?.followers.length, 16);
});
