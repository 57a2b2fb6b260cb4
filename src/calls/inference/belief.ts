import { type Candidate, type Evidence, fitCall } from './candidates.ts';

/** A method that was inferred, and how sure that is. */
export interface Inferred {
  readonly candidate: Candidate;
  /** 0 to 1: the share of the weight of all that fits, of which something unknown to the schema always has a part. */
  readonly confidence: number;
}

/** Named from here on; below it a call stays unknown. */
export const leastConfidence = 0.9;

/** What is believed of the calls that share one path: all uses of one entry of the header table, or a single call. */
export interface Belief {
  readonly candidates: readonly Candidate[];
  /** 1 fits all uses so far; less where only a newer release could have written them; 0 does not. */
  readonly fits: Float64Array;
  /** What else speaks for or against: ids, states, other entries. */
  readonly odds: Float64Array;
  /** Uses that were looked at and said something. */
  uses: number;
  /** No one method fits all uses. */
  isContradictory: boolean;
  inferred: Inferred | null;
  /** Where no method is likely enough: a few that together are, the likeliest first; empty where it takes more. */
  few: readonly Candidate[];
}

/** Odds of what should not happen, and once or twice does. */
const partlyFits = 0.1;
/** The weight of a method that the schema does not have, at the first use; it falls with each that fits. */
const elsewhere = 0.02;
const leastOdds = 1e-9;
/** More names than these tell a reader nothing. */
const mostOfFew = 3;

export const createBelief = (candidates: readonly Candidate[]): Belief => ({
  candidates,
  fits: new Float64Array(candidates.length).fill(1),
  odds: new Float64Array(candidates.length).fill(1),
  uses: 0,
  isContradictory: false,
  inferred: null,
  few: [],
});

/** Narrows the belief by one call. False: no method fits any more. */
export const weighCall = (belief: Belief, evidence: Evidence): boolean => {
  const { candidates, fits } = belief;
  const found = candidates.map((candidate, at) => (fits[at] === 0 ? 'no' : fitCall(candidate, evidence)));
  const anyFully = found.includes('fully');
  let any = false;
  for (const [at, fit] of found.entries()) {
    const before = fits[at] ?? 0;
    const now = fit === 'fully' ? 1 : fit === 'no' || anyFully ? 0 : partlyFits;
    fits[at] = Math.min(before, now);
    any ||= fits[at] > 0;
  }
  // An empty request that failed fits whatever takes one.
  if (evidence.response !== null || (evidence.request?.length ?? 0) > 0) belief.uses += 1;
  if (!any) belief.isContradictory = true;
  return any;
};

/** Multiplies the odds of each method by what `factor` gives for it. */
export const weighOdds = (belief: Belief, factor: (candidate: Candidate) => number): void => {
  for (const [at, candidate] of belief.candidates.entries()) {
    belief.odds[at] = Math.max(leastOdds, (belief.odds[at] ?? 0) * factor(candidate));
  }
};

/** What holds for the connection or its client at the moment of asking. */
export type Context = (candidate: Candidate) => number;

interface Weighed {
  readonly candidate: Candidate;
  readonly weight: number;
}

const fewOf = (weighed: readonly Weighed[], total: number): readonly Candidate[] => {
  const few: Candidate[] = [];
  let sum = 0;
  for (const { candidate, weight } of weighed.toSorted((one, other) => other.weight - one.weight)) {
    if (few.push(candidate) > mostOfFew) return [];
    sum += weight;
    if (sum / total >= leastConfidence) return few;
  }
  return [];
};

/** The most likely method, or null where it is not likely enough. Says whether that is another than before. */
export const conclude = (belief: Belief, context: Context): boolean => {
  const before = belief.inferred;
  const fewBefore = belief.few;
  let total = belief.uses === 0 ? 1 : elsewhere / Math.min(belief.uses, 20);
  const weighed: Weighed[] = [];
  let best: Weighed | null = null;
  if (!belief.isContradictory) {
    for (const [at, candidate] of belief.candidates.entries()) {
      const fit = belief.fits[at] ?? 0;
      if (fit === 0) continue;
      const weight = fit * (belief.odds[at] ?? 0) * candidate.commonness * context(candidate);
      total += weight;
      const one = { candidate, weight };
      weighed.push(one);
      if (weight > (best?.weight ?? 0)) best = one;
    }
  }
  // Odds compare methods with each other: what fits no better than by much bad luck is likely something else.
  const confidence = (best?.weight ?? 0) / total;
  belief.inferred =
    best !== null && confidence >= leastConfidence ? { candidate: best.candidate, confidence } : null;
  belief.few = belief.inferred === null ? fewOf(weighed, total) : [];
  const isFewAsBefore =
    fewBefore.length === belief.few.length && fewBefore.every((one, at) => one === belief.few[at]);
  return before?.candidate !== belief.inferred?.candidate || !isFewAsBefore;
};

/** Something is left, and nothing but what is of a kind. */
export const fitsOnly = (belief: Belief, isOfKind: (rpc: string) => boolean): boolean => {
  let any = false;
  for (const [at, { rpc }] of belief.candidates.entries()) {
    if ((belief.fits[at] ?? 0) === 0) continue;
    if (!isOfKind(rpc)) return false;
    any = true;
  }
  return any;
};

export const fitsAny = (belief: Belief, rpcs: ReadonlySet<string>): boolean =>
  belief.candidates.some(({ rpc }, at) => (belief.fits[at] ?? 0) > 0 && rpcs.has(rpc));
