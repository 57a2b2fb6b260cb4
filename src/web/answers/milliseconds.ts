import type { Nanos } from '../../foundation/time.ts';

/** A time or a duration in milliseconds with fractions. */
export const milliseconds = (ns: Nanos): number => Number(ns / 1_000_000n) + Number(ns % 1_000_000n) / 1e6;

export const nanos = (ms: number): Nanos =>
  BigInt(Math.trunc(ms)) * 1_000_000n + BigInt(Math.round((ms % 1) * 1e6));

/** The same of less than a hundred days, for those who ask for that of every row. */
export const shortMilliseconds = (ns: Nanos): number => Number(ns) / 1e6;
