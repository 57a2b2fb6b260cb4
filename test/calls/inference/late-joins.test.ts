import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../../src/calls/call.ts';
import { loadSchema } from '../../../src/cri/schema.ts';
import { nanosPerSecond } from '../../../src/foundation/time.ts';
import { type Joined, join, numbers, type Recording, record, type Truth } from './late-joins.ts';

/** Cuts of each capture; more by CRITRACE_CUTS. */
const cuts = Number(process.env.CRITRACE_CUTS ?? 12);
const schema = loadSchema();

/** After this a relist and a status round have gone by. */
const settledAfter = 10n * nanosPerSecond;

interface Score {
  named: number;
  right: number;
  versions: number;
  versionsRight: number;
  settled: number;
  settledNamed: number;
  refused: number;
  refusedNamed: number;
  readonly wrong: Map<string, number>;
  /** Calls named and right, by confidence in hundredths. */
  readonly calibration: Map<number, { named: number; right: number }>;
}

const emptyScore = (): Score => ({
  named: 0,
  right: 0,
  versions: 0,
  versionsRight: 0,
  settled: 0,
  settledNamed: 0,
  refused: 0,
  refusedNamed: 0,
  wrong: new Map(),
  calibration: new Map(),
});

const scoreNamed = (score: Score, call: Call, truth: Truth): void => {
  const isRight = call.rpc === truth.rpc;
  score.named += 1;
  score.right += isRight ? 1 : 0;
  if (call.apiVersion !== null) {
    score.versions += 1;
    score.versionsRight += call.apiVersion === truth.version ? 1 : 0;
  }
  const mistake = `${truth.rpc} taken for ${call.rpc}`;
  if (!isRight) score.wrong.set(mistake, (score.wrong.get(mistake) ?? 0) + 1);
  const hundredths = Math.floor((call.methodConfidence ?? 0) * 100);
  const bin = score.calibration.get(hundredths) ?? { named: 0, right: 0 };
  score.calibration.set(hundredths, { named: bin.named + 1, right: bin.right + (isRight ? 1 : 0) });
};

const addScore = (score: Score, { at, calls }: Joined, { truth }: Recording): void => {
  for (const call of calls) {
    const known = truth.get(`${call.connection}/${call.stream}`);
    if (known === undefined) continue;
    const isNamed = call.methodSource !== 'unknown';
    if (call.methodSource === 'inferred') scoreNamed(score, call, known);
    if (known.refused) {
      score.refused += 1;
      score.refusedNamed += isNamed ? 1 : 0;
    }
    if (known.replied && known.start >= at + settledAfter) {
      score.settled += 1;
      score.settledNamed += isNamed ? 1 : 0;
    }
  }
};

const percent = (part: number, whole: number): string =>
  whole === 0 ? '-' : `${((100 * part) / whole).toFixed(2)} %`;

const shown = (score: Score): string => {
  const bins = [...score.calibration].sort(([a], [b]) => a - b);
  return [
    `named ${score.named}, right ${percent(score.right, score.named)}`,
    `after 10 s ${percent(score.settledNamed, score.settled)} of ${score.settled}`,
    `versions ${score.versions}, right ${percent(score.versionsRight, score.versions)}`,
    `refused ${score.refusedNamed}/${score.refused}`,
    `calibration ${bins.map(([at, { named, right }]) => `${at / 100}: ${right}/${named}`).join(' ')}`,
  ].join('; ');
};

/**
 * `lists`: where the client asks for lists by streams and the runtime sends each in one message, no byte tells them
 * from unary ones, and they are to stay unknown.
 */
const captures: readonly { readonly name: string; readonly kubelet: boolean; readonly lists?: 'streamed' }[] =
  [
    { name: 'kubelet-1.25-containerd-1.5', kubelet: true },
    { name: 'kubelet-1.25-containerd-1.6-killed-restarted', kubelet: true },
    { name: 'kubelet-1.25-sticky-gate-v1alpha2-to-v1', kubelet: true },
    { name: 'kubelet-1.30-containerd-2.4-tracing', kubelet: true },
    { name: 'kubelet-1.37-containerd-2.4', kubelet: true },
    { name: 'kubelet-1.37-containerd-2.4-gates', kubelet: true, lists: 'streamed' },
    { name: 'events-c24-crictl1.36', kubelet: false },
    { name: 'many-c24-crictl1.36', kubelet: false },
    { name: 'old-client-c15-crictl1.25', kubelet: false },
    { name: 'pod-lifecycle-c16-crictl1.36', kubelet: false },
    { name: 'pod-lifecycle-crio-crictl1.36', kubelet: false },
    { name: 'traced-c24-crictl1.36', kubelet: false },
    { name: 'v1alpha2-c16-crictl1.22', kubelet: false },
  ];

for (const { name, kubelet, lists } of captures) {
  test(`${name}, joined at ${cuts} moments: what is named is right`, async (context) => {
    const recording = await record(name);
    const random = numbers(name.length);
    const score = emptyScore();
    for (let cut = 0; cut < cuts; cut++) {
      const index = Math.floor(random() * recording.events.length);
      addScore(score, join(recording, index, schema, random), recording);
    }
    context.diagnostic(shown(score));
    const mistakes = [...score.wrong].map(([what, times]) => `${what} x${times}`).join(', ');
    assert.ok(score.right >= 0.99 * score.named, `${shown(score)}; ${mistakes}`);
    assert.equal(score.versionsRight, score.versions);
    if (!kubelet) return;
    assert.ok(score.settled > 0 && score.named > 0, 'nothing was joined');
    if (lists !== 'streamed') assert.ok(score.settledNamed >= 0.95 * score.settled, shown(score));
  });
}
