import type { Interval } from '../foundation/covered.ts';
import type { Nanos } from '../foundation/time.ts';

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** Cells for each nanosecond. */
const scaleOf = (total: Nanos, width: number): number => width / Number(total === 0n ? 1n : total);

/** The cell in which a moment lies; one outside of the column counts to its nearest. */
const cellOf = (at: Nanos, from: Nanos, scale: number, width: number): number =>
  Math.max(0, Math.min(width - 1, Math.floor(Number(at - from) * scale)));

/**
 * Where something lay in the whole, in blocks of an eighth of a cell: never shorter than a sliver that can be seen, never
 * outside its column.
 */
export const barOf = (
  { start, end }: Interval,
  from: Nanos,
  total: Nanos,
  width: number,
): { readonly before: number; readonly bar: string } => {
  const scale = scaleOf(total, width);
  const before = cellOf(start, from, scale, width);
  const length = Math.max(0, Math.min(width - before, Number(end - start) * scale));
  const full = Math.floor(length);
  const rest = full === width - before ? '' : (eighths[Math.floor((length - full) * 8)] ?? '');
  const bar = '█'.repeat(full) + rest;
  return { before, bar: bar === '' ? '▏' : bar };
};

/** The whole cells from its start to its end, at least one, within the column. */
export const placeOf = (
  { start, end }: Interval,
  from: Nanos,
  total: Nanos,
  width: number,
): { readonly from: number; readonly to: number } => {
  const scale = scaleOf(total, width);
  const first = cellOf(start, from, scale, width);
  const last = Math.round(Number(end - from) * scale);
  return { from: first, to: Math.max(first + 1, Math.min(width, last)) };
};
