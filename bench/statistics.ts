/** The middle of a list as between order statistics: `at` is 0.5 for the median. NaN of nothing. */
export const quantile = (values: readonly number[], at: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * at;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export interface Estimate {
  readonly median: number;
  /** Of the 95 % interval of the median. */
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly resamples?: number;
  readonly seed?: number;
}

/** The median with its 95 % interval by the percentile bootstrap: the same values always give the same interval. */
export const estimate = (
  values: readonly number[],
  { resamples = 10_000, seed = 1 }: BootstrapOptions = {},
): Estimate => {
  const random = createRandom(seed);
  const medians = Array.from({ length: resamples }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN)),
  );
  return { median: median(values), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
};

/** Round by round, so that what slows a whole round down cancels out. */
export const ratios = (of: readonly number[], to: readonly number[]): number[] =>
  of.slice(0, to.length).map((value, round) => value / (to[round] ?? Number.NaN));
