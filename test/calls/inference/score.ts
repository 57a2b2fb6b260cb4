import type { Call } from '../../../src/calls/call.ts';
import { nanosPerSecond } from '../../../src/foundation/time.ts';
import type { ExpectedPod } from '../identity/truth.ts';
import type { Joined, Recording, Truth } from './late-joins.ts';

/** After this a relist and a status round have gone by. */
const settledAfter = 10n * nanosPerSecond;

interface Share {
  right: number;
  all: number;
}

export interface Score {
  readonly named: Share;
  readonly versions: Share;
  readonly statuses: Share;
  /** Calls that start when a round has gone by, and have a reply: how many have a name. */
  readonly settled: Share;
  /** The same without lists that only their twin tells apart. */
  readonly settledOthers: Share;
  /** Calls to a service that is not there. */
  readonly refused: Share;
  /** Calls after a round whose pod the whole recording tells: how many have it. */
  readonly pods: Share;
  /** Pods that are not those. */
  wrongPods: number;
  readonly wrong: Map<string, number>;
  /** By confidence in hundredths. */
  readonly calibration: Map<number, Share>;
  worstCut: { readonly wrong: number; readonly named: number; readonly what: string };
}

const none = (): Share => ({ right: 0, all: 0 });

export const emptyScore = (): Score => ({
  named: none(),
  versions: none(),
  statuses: none(),
  settled: none(),
  settledOthers: none(),
  refused: none(),
  pods: none(),
  wrongPods: 0,
  wrong: new Map(),
  calibration: new Map(),
  worstCut: { wrong: 0, named: 0, what: '-' },
});

const count = (share: Share, isRight: boolean): void => {
  share.all += 1;
  share.right += isRight ? 1 : 0;
};

export const twins: ReadonlySet<string> = new Set([
  'ListPodSandbox',
  'ListContainers',
  'ListContainerStats',
  'ListPodSandboxStats',
  'ListPodSandboxMetrics',
  'ListImages',
  'StreamPodSandboxes',
  'StreamContainers',
  'StreamContainerStats',
  'StreamPodSandboxStats',
  'StreamPodSandboxMetrics',
  'StreamImages',
]);

const scoreNamed = (score: Score, call: Call, truth: Truth): boolean => {
  const isRight = call.rpc === truth.rpc;
  count(score.named, isRight);
  if (call.apiVersion !== null) count(score.versions, call.apiVersion === truth.version);
  const mistake = `${truth.rpc} taken for ${call.rpc}`;
  if (!isRight) score.wrong.set(mistake, (score.wrong.get(mistake) ?? 0) + 1);
  const hundredths = Math.floor((call.methodConfidence ?? 0) * 100);
  const bin = score.calibration.get(hundredths) ?? none();
  score.calibration.set(hundredths, bin);
  count(bin, isRight);
  return isRight;
};

const scorePod = (score: Score, { facts }: Call, expected: ExpectedPod, isSettled: boolean): void => {
  const { pod } = facts;
  const isRight =
    pod?.uid === expected.pod.uid &&
    pod.name === expected.pod.name &&
    pod.namespace === expected.pod.namespace;
  if (pod !== null && pod.name !== null && !isRight) score.wrongPods += 1;
  if (pod?.attempt != null && expected.attempt !== null && pod.attempt !== expected.attempt)
    score.wrongPods += 1;
  if (isSettled) count(score.pods, isRight);
};

export const addScore = (
  score: Score,
  { at, calls }: Joined,
  { truth }: Recording,
  pods: ReadonlyMap<string, ExpectedPod>,
  cut: number,
): void => {
  let named = 0;
  let wrong = 0;
  for (const call of calls) {
    const key = `${call.connection}/${call.stream}`;
    const known = truth.get(key);
    if (known === undefined) continue;
    const isNamed = call.methodSource !== 'unknown';
    if (call.methodSource === 'inferred') {
      named += 1;
      wrong += scoreNamed(score, call, known) ? 0 : 1;
    }
    if (call.result.statusCode !== null) count(score.statuses, call.result.statusCode === known.status);
    if (known.status === 12) count(score.refused, isNamed);
    const isSettled = known.start >= at + settledAfter;
    if (known.replied && isSettled) {
      count(score.settled, isNamed);
      if (!twins.has(known.rpc)) count(score.settledOthers, isNamed);
    }
    const expected = pods.get(key);
    if (expected !== undefined && known.start >= at) scorePod(score, call, expected, isSettled);
  }
  if (wrong > score.worstCut.wrong) {
    score.worstCut = { wrong, named, what: `${wrong} of ${named} wrong after ${cut} events` };
  }
};

const percent = ({ right, all }: Share): string =>
  all === 0 ? '-' : `${((100 * right) / all).toFixed(2)} % of ${all}`;

export const shown = (score: Score): string => {
  const bins = [...score.calibration].sort(([a], [b]) => a - b);
  return [
    `right ${percent(score.named)}`,
    `worst cut ${score.worstCut.what}`,
    `named after 10 s ${percent(score.settled)}`,
    `without lists ${percent(score.settledOthers)}`,
    `versions right ${percent(score.versions)}`,
    `statuses right ${percent(score.statuses)}`,
    `pods after 10 s ${percent(score.pods)}, ${score.wrongPods} wrong`,
    `refused and named ${percent(score.refused)}`,
    `calibration ${bins.map(([at, { right, all }]) => `${at / 100}: ${right}/${all}`).join(' ')}`,
  ].join('; ');
};
