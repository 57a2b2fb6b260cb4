import type { Nanos } from '../foundation/time.ts';

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

export interface Interval {
  readonly start: Nanos;
  readonly end: Nanos;
}

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
  const scale = width / Number(total === 0n ? 1n : total);
  const before = Math.max(0, Math.min(width - 1, Math.floor(Number(start - from) * scale)));
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
  const scale = width / Number(total === 0n ? 1n : total);
  const first = Math.max(0, Math.min(width - 1, Math.floor(Number(start - from) * scale)));
  const last = Math.round(Number(end - from) * scale);
  return { from: first, to: Math.max(first + 1, Math.min(width, last)) };
};
