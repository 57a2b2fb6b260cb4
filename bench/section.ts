import type { Aim } from './aim.ts';
import type { Started } from './processes.ts';

/** What is measured once in every round. */
export interface Candidate {
  readonly name: string;
  /** Metric name to value: the same names in every round. */
  measure(): Promise<Readonly<Record<string, number>>>;
}

/** The values of one metric of one candidate, one per round. */
export interface Series {
  readonly candidate: string;
  readonly metric: string;
  readonly values: readonly number[];
}

/** What is concluded from the series: its values round by round, and what they should be. */
export interface Conclusion {
  readonly says: string;
  readonly values: readonly number[];
  readonly aim: Aim | null;
}

export interface Section {
  readonly title: string;
  /** How it was measured, for a reader who wants to repeat it. */
  readonly how: string;
  readonly series: readonly Series[];
  readonly conclusions: readonly Conclusion[];
}

export interface BenchContext {
  readonly rounds: number;
  /** Seconds that one measurement takes, where that can be chosen. */
  readonly seconds: number;
  /** Removed at the end. */
  readonly folder: string;
  /** Aborted when the bench is to stop. */
  readonly signal: AbortSignal;
  say(text: string): void;
  /** Stopped at the end, last first. */
  owns<Process extends Started>(started: Process): Process;
}

/** A B C A B C ...: what changes slowly on the machine hits all alike. */
export const interleaved = async (
  candidates: readonly Candidate[],
  { rounds, signal, say }: BenchContext,
): Promise<Series[]> => {
  const values = new Map<string, { candidate: string; metric: string; values: number[] }>();
  for (let round = 1; round <= rounds; round++) {
    for (const { name, measure } of candidates) {
      signal.throwIfAborted();
      const measured = Object.entries(await measure());
      for (const [metric, value] of measured) {
        const key = `${name}\n${metric}`;
        const series = values.get(key) ?? { candidate: name, metric, values: [] };
        series.values.push(value);
        values.set(key, series);
      }
      const shown = measured.map(([metric, value]) => `${metric} ${value.toPrecision(4)}`).join(', ');
      say(`round ${round}/${rounds}: ${name}: ${shown}`);
    }
  }
  return [...values.values()];
};

/** The rounds of one metric of one candidate. */
export const roundsOf = (series: readonly Series[], candidate: string, metric: string): readonly number[] => {
  const found = series.find((one) => one.candidate === candidate && one.metric === metric);
  if (found === undefined) throw new Error(`no ${metric} of ${candidate} was measured`);
  return found.values;
};
