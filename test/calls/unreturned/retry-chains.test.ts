import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, ofKind, type Told, tell } from './story.ts';

const reserved = {
  status: 'UNKNOWN',
  message:
    'failed to reserve sandbox name "web_default_0c3f_0": name "web_default_0c3f_0" is reserved for "9a1b7c"',
};

const givenUp: Told = { rpc: 'RunPodSandbox', from: 0, to: 240_000, timeoutMs: 240_000, reset: 'CANCEL' };
const tryAgain = (from: number, rest: Partial<Told> = {}): Told => ({
  rpc: 'RunPodSandbox',
  from,
  to: from + 5,
  timeoutMs: 240_000,
  ...rest,
});

test('given up at the deadline, refused because the name is taken, done in the end: one chain', () => {
  const chains = ofKind(
    tell([
      givenUp,
      tryAgain(241_000, reserved),
      tryAgain(252_000, reserved),
      tryAgain(263_000, reserved),
      tryAgain(274_000, reserved),
      tryAgain(285_000),
    ]),
    'retry_chain',
  );
  assert.deepEqual(
    chains.map(({ revision, count, cause, outcome, zombie }) => [
      revision,
      count,
      cause,
      outcome,
      zombie?.evidence,
      zombie?.knownUntil == null ? null : Number(zombie.knownUntil - zombie.since) / 1e6,
    ]),
    [
      [0, 1, 'deadline', null, 'none', null],
      [1, 2, 'deadline', null, 'name_reserved', 1005],
      [2, 3, 'deadline', null, 'name_reserved', 12_005],
      [3, 4, 'deadline', null, 'name_reserved', 23_005],
      [4, 6, 'deadline', 'succeeded', 'name_reserved', 34_005],
    ],
  );
  const last = chains.at(-1);
  assert.deepEqual(last?.ends, { deadline: 1, name_reserved: 4, succeeded: 1 });
  assert.match(
    last?.explanation ?? '',
    /default\/web was given up at its deadline.*34 s later.*6 tries.*succeeded/,
  );
});

const causes: readonly { readonly what: string; readonly first: Told; readonly cause: string | null }[] = [
  { what: 'reset before the deadline', first: { ...givenUp, to: 3000 }, cause: 'cancelled' },
  {
    what: 'reset without a deadline',
    first: { rpc: 'RunPodSandbox', from: 0, to: 9, reset: 'CANCEL' },
    cause: 'cancelled',
  },
  { what: 'a timer that fires early', first: { ...givenUp, to: 239_990 }, cause: 'deadline' },
  {
    what: 'a runtime that answers the deadline itself',
    first: tryAgain(0, { to: 240_000, status: 'DEADLINE_EXCEEDED' }),
    cause: 'deadline',
  },
  {
    what: 'a time-out of its own, long before',
    first: tryAgain(0, { to: 1000, status: 'DEADLINE_EXCEEDED' }),
    cause: null,
  },
  { what: 'an error', first: tryAgain(0, { status: 'INTERNAL' }), cause: null },
  {
    what: 'the name taken by a call before the observation',
    first: tryAgain(0, reserved),
    cause: 'name_reserved',
  },
  {
    what: "CRI-O's words",
    first: tryAgain(0, {
      status: 'UNKNOWN',
      message:
        'Kubelet may be retrying requests that are timing out in CRI-O due to system load: context deadline exceeded: pod sandbox with name "k8s_web" is reserved',
    }),
    cause: 'name_reserved',
  },
  { what: 'a list, which repeats by itself', first: { ...givenUp, rpc: 'ListContainers' }, cause: null },
];

for (const { what, first, cause } of causes) {
  test(`first cause: ${what}`, () => {
    const [chain] = ofKind(tell([first]), 'retry_chain');
    assert.equal(chain?.cause ?? null, cause);
  });
}

test('a name that this observation saw made is taken for a good reason', () => {
  assert.deepEqual(ofKind(tell([tryAgain(0), tryAgain(10, reserved)]), 'retry_chain'), []);
});

test('a status after the reset shows how long the runtime went on', () => {
  const chains = ofKind(tell([{ ...givenUp, lateReplyAt: 251_500 }]), 'retry_chain');
  const { zombie } = chains.at(-1) ?? {};
  assert.deepEqual(zombie, {
    since: at(240_000),
    deadlineNs: 240_000_000_000n,
    evidence: 'late_reply',
    knownUntil: at(251_500),
  });
});

test('another attempt, another container, another image is another thing', () => {
  const container = (containerName: string, containerAttempt: number): Told => ({
    rpc: 'CreateContainer',
    from: 0,
    to: 5,
    reset: 'CANCEL',
    facts: { sandboxId: 's', containerName, containerAttempt },
  });
  const pull = (image: string): Told => ({
    rpc: 'PullImage',
    service: 'ImageService',
    from: 0,
    to: 5,
    reset: 'CANCEL',
    facts: { image },
  });
  const calls = [
    container('a', 0),
    container('b', 0),
    container('a', 1),
    container('a', 0),
    pull('x'),
    pull('y'),
  ];
  const last = new Map(
    ofKind(
      tell(calls.map((call, nth) => ({ ...call, from: nth * 10, to: nth * 10 + 5 }))),
      'retry_chain',
    ).map((chain) => [chain.calls[0].stream, chain.count]),
  );
  assert.deepEqual([...last.values()], [2, 1, 1, 1, 1]);
});

test('a chain without another try ends by itself', () => {
  const chains = ofKind(tell([givenUp, tryAgain(241_000, reserved)], 900_000), 'retry_chain');
  assert.equal(chains.at(-1)?.outcome, 'no_more_tries');
});

test('chains and tries are bounded', () => {
  const one = (pod: number, from: number): Told => ({
    ...tryAgain(from, reserved),
    facts: { pod: { namespace: 'n', name: `p${pod}`, uid: `u${pod}`, attempt: 0 } },
  });
  const many = tell(
    Array.from({ length: 50 }, (_, nth) => one(nth, nth * 10)),
    null,
    { maxChains: 10 },
  );
  assert.equal(many.counters.chainsForgotten, 40);
  const long = tell(Array.from({ length: 200 }, (_, nth) => one(0, nth * 1000)));
  const chains = ofKind(long, 'retry_chain');
  assert.ok(Math.max(...chains.map(({ calls }) => calls.length)) <= 8);
  assert.deepEqual(
    chains.map(({ count }) => count),
    [1, 2, 3, 4, 8, 16, 32, 64, 128],
  );
});
