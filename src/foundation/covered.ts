import type { Nanos } from './time.ts';

export interface Interval {
  readonly start: Nanos;
  readonly end: Nanos;
}

/** Time that intervals cover together: where they overlap it counts once. */
export const coveredNs = (intervals: readonly Interval[]): Nanos => {
  let sum = 0n;
  let until: Nanos | null = null;
  for (const { start, end } of [...intervals].sort((one, other) => (one.start < other.start ? -1 : 1))) {
    const from: Nanos = until !== null && until > start ? until : start;
    if (end > from) sum += end - from;
    if (until === null || end > until) until = end;
  }
  return sum;
};
