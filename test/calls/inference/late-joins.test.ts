import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSchema } from '../../../src/cri/schema.ts';
import { expectedPods } from '../identity/truth.ts';
import { gaps, join, numbers, record } from './late-joins.ts';
import { addScore, emptyScore, shown, twins } from './score.ts';

/** Cuts of each capture; more by CRITRACE_CUTS, and with CRITRACE_CUTS=all one in every CRITRACE_EVERY events. */
const cuts = process.env.CRITRACE_CUTS ?? '3';
const every = Number(process.env.CRITRACE_EVERY ?? 1);
const schema = loadSchema();

const cutsOf = (events: number, random: () => number): number[] =>
  cuts === 'all'
    ? Array.from({ length: Math.ceil(events / every) }, (_, at) => at * every)
    : Array.from({ length: Number(cuts) }, () => Math.floor(random() * events));

interface Captured {
  readonly name: string;
  readonly kubelet: boolean;
  /** The client streams its lists, and the runtime sends each in one message: no byte tells them from unary ones. */
  readonly streams?: true;
  /** After a refused version no reply tells whose an id is. */
  readonly refused?: true;
}

const captures: readonly Captured[] = [
  { name: 'kubelet-1.25-containerd-1.5', kubelet: true },
  { name: 'kubelet-1.25-containerd-1.6-killed-restarted', kubelet: true },
  { name: 'kubelet-1.25-sticky-gate-v1alpha2-to-v1', kubelet: true, refused: true },
  { name: 'kubelet-1.30-containerd-2.4-tracing', kubelet: true },
  { name: 'kubelet-1.37-containerd-2.4', kubelet: true },
  { name: 'kubelet-1.37-containerd-2.4-gates', kubelet: true, streams: true },
  { name: 'events-c24-crictl1.36', kubelet: false },
  { name: 'many-c24-crictl1.36', kubelet: false },
  { name: 'old-client-c15-crictl1.25', kubelet: false },
  { name: 'pod-lifecycle-c16-crictl1.36', kubelet: false },
  { name: 'pod-lifecycle-crio-crictl1.36', kubelet: false },
  { name: 'traced-c24-crictl1.36', kubelet: false },
  { name: 'v1alpha2-c16-crictl1.22', kubelet: false },
];

const kubelets = captures.filter(({ kubelet }) => kubelet);

for (const { name, kubelet, streams, refused } of captures) {
  test(`${name}, joined at ${cuts} moments: what is named is right`, async (context) => {
    const recording = await record(name);
    const pods = new Map(expectedPods(name).map((expected) => [expected.key, expected]));
    const random = numbers(name.length);
    const score = emptyScore();
    for (const index of cutsOf(recording.events.length, random)) {
      addScore(score, join(recording, index, schema, random), recording, pods, index);
    }
    context.diagnostic(shown(score));
    const mistakes = [...score.wrong].map(([what, times]) => `${what} x${times}`).join(', ');
    assert.ok(score.named.right >= 0.99 * score.named.all, `${shown(score)}; ${mistakes}`);
    assert.ok(score.worstCut.wrong <= Math.max(1, 0.01 * score.worstCut.named), mistakes);
    assert.equal(score.versions.right, score.versions.all);
    assert.equal(score.statuses.right, score.statuses.all);
    assert.equal(score.wrongPods, 0);
    if (!kubelet) return;
    assert.ok(score.settled.all > 0 && score.named.all > 0, 'nothing was joined');
    const settled = streams ? score.settledOthers : score.settled;
    assert.ok(settled.right >= 0.95 * settled.all, shown(score));
    if (!refused) assert.ok(score.pods.right >= 0.99 * score.pods.all, shown(score));
  });
}

for (const { name } of kubelets) {
  test(`${name}, its connections joined at different times and with losses: nothing is named wrongly`, async (context) => {
    const recording = await record(name);
    const pods = new Map(expectedPods(name).map((expected) => [expected.key, expected]));
    const random = numbers(name.length + 1);
    const score = emptyScore();
    for (const index of cutsOf(recording.events.length, random)) {
      const apart = () => Math.floor(random() * 400);
      const damage = gaps(random() < 0.5 ? 0 : 0.02, random);
      addScore(score, join(recording, index, schema, random, { apart, damage }), recording, pods, index);
    }
    context.diagnostic(shown(score));
    const mistakes = [...score.wrong].map(([what, times]) => `${what} x${times}`).join(', ');
    assert.ok(score.named.right >= 0.99 * score.named.all, `${shown(score)}; ${mistakes}`);
    assert.ok(score.worstCut.wrong <= Math.max(1, 0.01 * score.worstCut.named), mistakes);
    assert.equal(score.versions.right, score.versions.all);
    assert.equal(score.statuses.right, score.statuses.all);
    assert.equal(score.wrongPods, 0);
  });
}

test('lists of a client that streams them, in one message each, are told from unary ones by an empty one alone', async (context) => {
  const recording = await record('kubelet-1.37-containerd-2.4-gates');
  const random = numbers(5);
  const decided = { cuts: 0, lists: 0, named: 0 };
  const undecided = { cuts: 0, lists: 0, named: 0 };
  for (const index of cutsOf(recording.events.length, random)) {
    const { calls } = join(recording, index, schema, random);
    const lists = calls.filter(({ connection, stream }) =>
      twins.has(recording.truth.get(`${connection}/${stream}`)?.rpc ?? ''),
    );
    // The first streams of a joined connection may have lost their beginning.
    const deciding = lists.filter(
      ({ connection, stream, start, result }) =>
        start !== null &&
        result.statusCode === 0 &&
        recording.truth.get(`${connection}/${stream}`)?.replied === false,
    );
    const counted = deciding.length > 0 ? decided : undecided;
    counted.cuts += 1;
    counted.lists += lists.length;
    counted.named += lists.filter(({ methodSource }) => methodSource !== 'unknown').length;
  }
  context.diagnostic(JSON.stringify({ decided, undecided }));
  assert.equal(undecided.named, 0);
});
