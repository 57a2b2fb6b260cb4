import type { Interval } from './covered.ts';
import { earlier, later, type Nanos } from './time.ts';

/** A stretch of a time, and what has it; null: nothing does. */
export interface Piece<Claim> {
  readonly of: Claim | null;
  readonly start: Nanos;
  readonly end: Nanos;
}

const order = (a: Nanos, b: Nanos): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Cuts a time into pieces that follow each other and make the whole. Where claims overlap, the one that ends last has
 * the moment: it is what was waited for.
 */
export const cutTime = <Claim extends Interval>(
  from: Nanos,
  to: Nanos,
  claims: readonly Claim[],
): readonly Piece<Claim>[] => {
  const inside = claims
    .map((of) => ({ of, start: later(of.start, from), end: earlier(of.end, to) }))
    .filter(({ start, end }) => start < end)
    // The last to end first; of those that end together, the first to begin.
    .sort((a, b) => order(b.end, a.end) || order(a.start, b.start));
  const pieces: Piece<Claim>[] = [];
  /** All after this is given away. */
  let until = to;
  for (const { of, start, end } of inside) {
    const last = earlier(end, until);
    if (start >= last) continue;
    if (last < until) pieces.push({ of: null, start: last, end: until });
    pieces.push({ of, start, end: last });
    until = start;
  }
  if (from < until) pieces.push({ of: null, start: from, end: until });
  return pieces.reverse();
};
