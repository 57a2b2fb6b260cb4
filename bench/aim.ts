import type { Estimate } from './statistics.ts';

export interface Aim {
  readonly is: 'at least' | 'at most';
  readonly value: number;
}

export type Verdict = 'met' | 'missed' | 'not to be told from noise';

/** The whole interval must lie on one side of the aim. */
export const judge = ({ median, low, high }: Estimate, { is, value }: Aim): Verdict => {
  if ([median, low, high].some(Number.isNaN)) return 'not to be told from noise';
  const [worst, best] = is === 'at least' ? [low, high] : [-high, -low];
  const bound = is === 'at least' ? value : -value;
  return worst >= bound ? 'met' : best < bound ? 'missed' : 'not to be told from noise';
};
