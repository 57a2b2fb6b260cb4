import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofKind, type Told, tell } from './story.ts';

const stuck = (calls: readonly Told[], until: number) =>
  ofKind(tell(calls, until), 'stuck_call').map(
    ({ revision, ageNs, ended, calls: [about] }) =>
      `${about.rpc} r${revision} ${Number(ageNs) / 1e6}${ended ? ' ended' : ''}`,
  );

test('a stuck call is told at its bound, at twice, at four times, and when it ends', () => {
  assert.deepEqual(stuck([{ rpc: 'RunPodSandbox', from: 0, to: 50_000 }], 60_000), [
    'RunPodSandbox r0 40000',
    'RunPodSandbox r1 50000 ended',
  ]);
  const meanwhile: Told[] = [9, 11, 15, 21, 30, 41].map((second) => ({
    rpc: 'Version',
    from: second * 1000,
    to: second * 1000 + 1,
  }));
  assert.deepEqual(stuck([{ rpc: 'RunPodSandbox', from: 0, to: 50_000 }, ...meanwhile], 60_000), [
    'RunPodSandbox r0 10000',
    'RunPodSandbox r1 20000',
    'RunPodSandbox r2 40000',
    'RunPodSandbox r3 50000 ended',
  ]);
});

test('a call that never ends is told while the input goes on', () => {
  assert.deepEqual(stuck([{ rpc: 'ListContainers', from: 0, to: null }], 12_000), [
    'ListContainers r0 10000',
  ]);
});

const patience: readonly {
  readonly what: string;
  readonly call: Omit<Told, 'from' | 'to'>;
  readonly boundMs: number;
}[] = [
  { what: 'usual', call: { rpc: 'CreateContainer' }, boundMs: 10_000 },
  { what: 'a deadline that is shorter', call: { rpc: 'Status', timeoutMs: 2000 }, boundMs: 10_000 },
  { what: 'a pull', call: { rpc: 'PullImage', service: 'ImageService' }, boundMs: 120_000 },
  {
    what: 'a grace period',
    call: {
      rpc: 'StopContainer',
      timeoutMs: 150_000,
      facts: { containerId: 'c', values: { 'stop.timeout_s': 30 } },
    },
    boundMs: 40_000,
  },
  { what: 'no grace period', call: { rpc: 'StopContainer', facts: { containerId: 'c' } }, boundMs: 10_000 },
  {
    what: 'the time of a command',
    call: { rpc: 'ExecSync', timeoutMs: 121_000, facts: { values: { 'exec.timeout_s': 1 } } },
    boundMs: 11_000,
  },
  { what: 'a command without one', call: { rpc: 'ExecSync', timeoutMs: 300_000 }, boundMs: 300_000 },
  { what: 'a command without any', call: { rpc: 'ExecSync' }, boundMs: 120_000 },
];

for (const { what, call, boundMs } of patience) {
  test(`patience: ${what}`, () => {
    const { rpc } = call;
    assert.deepEqual(stuck([{ ...call, from: 0, to: null }], boundMs - 1), []);
    const told = stuck([{ ...call, from: 0, to: null }], boundMs);
    assert.deepEqual(told, [`${rpc} r0 ${boundMs}`]);
  });
}

test('a stream that its client keeps open is never stuck: its messages are told once a minute', () => {
  const messagesAt = [1000, 2000, 61_000, 62_000, 63_000, 200_000];
  const story = tell([{ rpc: 'GetContainerEvents', from: 0, to: 210_000, messagesAt }], 300_000);
  assert.deepEqual(ofKind(story, 'stuck_call'), []);
  assert.deepEqual(
    ofKind(story, 'stream_interval').map(({ messages, totalMessages, ended }) => [
      messages,
      totalMessages,
      ended,
    ]),
    [
      [2, 2, false],
      [3, 5, false],
      [1, 6, true],
    ],
  );
});

test('calls beyond the bound are counted, and not followed', () => {
  const calls = [0, 1, 2].map((nth): Told => ({ rpc: 'Status', from: nth, to: null }));
  const story = tell(calls, 20_000, { maxOpenCalls: 2 });
  assert.equal(ofKind(story, 'stuck_call').length, 2);
  assert.equal(story.counters.openCallsOverLimit, 1);
});
