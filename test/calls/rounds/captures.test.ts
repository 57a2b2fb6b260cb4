import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Call } from '../../../src/calls/call.ts';
import type { Finding } from '../../../src/calls/finding.ts';
import type { Round } from '../../../src/calls/rounds/round.ts';
import { replayFindings } from '../../support/replay-calls.ts';

const replayed = (name: string): Promise<Finding[]> =>
  replayFindings(fileURLToPath(new URL(`../../fixtures/captures/${name}.jsonl.gz`, import.meta.url)));

const roundsOf = (findings: readonly Finding[]): Round[] =>
  findings
    .flatMap((finding) => (finding.kind === 'round' ? [finding.round] : []))
    .sort((a, b) => (a.start < b.start ? -1 : 1));

const callsOf = (findings: readonly Finding[]): Call[] =>
  findings.flatMap((finding) =>
    finding.kind === 'call' && finding.call.revision === 0 ? [finding.call] : [],
  );

const told = ({ head, kind, calls, pods }: Round): string =>
  `${head.connection}/${head.stream} ${kind} ${calls}${pods === 0 ? '' : ` of ${pods}`}`;

interface Stretch {
  readonly capture: string;
  readonly what: string;
  /** The first and the last call of it, by connection and stream. */
  readonly from: string;
  readonly to: string;
  readonly rounds: readonly string[];
}

/** Written by hand from the sequence of calls in the truth files, with the kubelet's loops beside it. */
const stretches: readonly Stretch[] = [
  {
    capture: 'kubelet-1.37-containerd-2.4',
    what: 'ten seconds, in which a container is made anew',
    from: '1/243',
    to: '2/47',
    rounds: [
      '1/243 housekeeping 2',
      '1/247 pleg_relist 5 of 1',
      '1/257 runtime_status 1',
      '1/259 log_rotation 6 of 3',
      '2/41 stats 1',
      '1/271 pleg_relist 2',
      '1/275 housekeeping 2',
      '1/279 pleg_relist 2',
      '1/283 pleg_relist 2',
      '1/287 housekeeping 2',
      '1/291 pleg_relist 2',
      '1/295 pleg_relist 2',
      '1/299 runtime_status 1',
      '1/301 housekeeping 2',
      '1/305 pleg_relist 2',
      '1/309 pleg_relist 2',
      '1/313 housekeeping 2',
      '1/317 pleg_relist 2',
      '1/323 pleg_relist 2',
      '1/327 housekeeping 2',
      '1/329 node_status 1',
      '1/337 pod_status 6 of 1',
      '1/349 node_status 1',
      '1/351 pleg_relist 2',
      '1/355 runtime_status 1',
      '1/357 log_rotation 7 of 3',
      '2/47 stats 1',
    ],
  },
  {
    capture: 'kubelet-1.37-containerd-2.4',
    what: 'garbage collection beside everything else',
    from: '1/1723',
    to: '1/1755',
    rounds: [
      '1/1723 pleg_relist 2',
      '1/1727 housekeeping 2',
      '1/1731 container_gc 3',
      '2/97 image_list 1',
      '1/1741 log_rotation 6 of 3',
      '2/99 stats 1',
      '1/1753 runtime_status 1',
      '1/1755 pleg_relist 2',
    ],
  },
  {
    capture: 'kubelet-1.25-containerd-1.5',
    what: 'two caches at the same beat, and pods that change',
    from: '1/133',
    to: '1/187',
    rounds: [
      '1/133 housekeeping 2',
      '1/137 housekeeping 2',
      '1/141 pleg_relist 12 of 2',
      '1/163 node_status 1',
      '1/167 node_status 1',
      '1/169 pleg_relist 2',
      '1/173 node_status 1',
      '1/175 node_status 1',
      '1/177 runtime_status 1',
      '1/179 housekeeping 2',
      '1/183 housekeeping 2',
      '1/187 pleg_relist 7 of 1',
    ],
  },
  {
    capture: 'kubelet-1.37-containerd-2.4-gates',
    what: 'streamed lists',
    from: '1/591',
    to: '1/621',
    rounds: [
      '1/593 pleg_relist 2',
      '1/599 pleg_relist 2',
      '1/603 housekeeping 2',
      '1/607 log_rotation 6 of 3',
      '2/53 stats 1',
      '1/619 runtime_status 1',
      '1/621 pleg_relist 2',
    ],
  },
  {
    capture: 'kubelet-1.30-containerd-2.4-tracing',
    what: 'with the traces of the kubelet',
    from: '1/187',
    to: '1/239',
    rounds: [
      '1/187 pleg_relist 8 of 1',
      '1/203 node_status 1',
      '1/205 runtime_status 1',
      '1/207 pleg_relist 2',
      '1/211 node_status 1',
      '1/213 housekeeping 2',
      '1/217 pleg_relist 8 of 1',
      '1/235 node_status 1',
    ],
  },
];

const startOf = (calls: readonly Call[], key: string): bigint => {
  const call = calls.find(({ connection, stream }) => `${connection}/${stream}` === key);
  assert.ok(call?.start != null, key);
  return call.start;
};

for (const { capture, what, from, to, rounds } of stretches) {
  test(`${capture}: ${what}`, async () => {
    const findings = await replayed(capture);
    const calls = callsOf(findings);
    const [begin, end] = [startOf(calls, from), startOf(calls, to)];
    const found = roundsOf(findings).filter(({ start }) => start >= begin && start <= end);
    assert.deepEqual(found.map(told).sort(), [...rounds].sort());
  });
}

const kubelets = [
  'kubelet-1.25-containerd-1.5',
  'kubelet-1.25-containerd-1.6-killed-restarted',
  'kubelet-1.30-containerd-2.4-tracing',
  'kubelet-1.37-containerd-2.4',
  'kubelet-1.37-containerd-2.4-gates',
];

for (const capture of kubelets) {
  test(`${capture}: rounds and calls say the same of each other`, async () => {
    const findings = await replayed(capture);
    const calls = callsOf(findings);
    const rounds = roundsOf(findings);
    for (const round of rounds) {
      const own = calls.filter((call) => call.round?.head === round.head);
      assert.equal(own.length, round.calls);
      for (const { start, end } of own) assert.ok((start ?? 0n) >= round.start && (end ?? 0n) <= round.end);
    }
    const heads = new Set(rounds.map(({ head }) => head));
    for (const { round } of calls) assert.ok(round === null || heads.has(round.head));
    // A pod start's calls are its own.
    for (const { round, operation } of calls) assert.ok(round === null || operation?.role !== 'part');
    const relists = rounds.filter(({ kind }) => kind === 'pleg_relist').slice(2);
    for (const { intervalNs, staleNs, isUnhealthy } of relists) {
      assert.ok(intervalNs !== null && staleNs !== null && staleNs > intervalNs);
      assert.equal(isUnhealthy, false);
    }
    // Every list of what runs is a housekeeping of two calls, every Status a round.
    const count = (rpc: RegExp, state?: string) =>
      calls.filter((call) => rpc.test(call.rpc ?? '') && call.facts.values['filter.state'] === state).length;
    const kinds = (kind: Round['kind']) => rounds.filter((round) => round.kind === kind).length;
    assert.equal(kinds('housekeeping'), count(/^(?:ListPodSandbox|StreamPodSandboxes)$/, 'SANDBOX_READY'));
    assert.equal(kinds('runtime_status'), count(/^Status$/));
  });
}

test('only a kubelet has rounds', async () => {
  for (const capture of ['many-c24-crictl1.36', 'old-client-c15-crictl1.25'])
    assert.deepEqual(roundsOf(await replayed(capture)), []);
});
