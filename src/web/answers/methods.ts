import { quantile } from '../../foundation/quantile.ts';
import type { Filter } from '../../store/condition.ts';
import type { Rows } from '../../store/rows.ts';
import { rowMatcher } from '../../store/select.ts';
import type { HeatJson, MethodJson } from '../api.ts';
import { nanos, shortMilliseconds } from './milliseconds.ts';

/** How often, how long, how many errors, by method. The most called first. */
export const answerMethods = (rows: Rows, filter: Filter): readonly MethodJson[] => {
  const matches = rowMatcher(rows, filter, ['call']);
  const methods = new Map<number, { durations: number[]; errors: number }>();
  for (let ordinal = rows.first; ordinal < rows.first + rows.size; ordinal++) {
    if (!matches(ordinal)) continue;
    const id = rows.id('method', ordinal);
    const method = methods.get(id) ?? { durations: [], errors: 0 };
    method.durations.push(shortMilliseconds(rows.durationNs(ordinal)));
    if (rows.failed(ordinal)) method.errors += 1;
    methods.set(id, method);
  }
  return [...methods]
    .map(([id, { durations, errors }]) => {
      const sorted = Float64Array.from(durations).sort();
      const at = (part: number): number => quantile(sorted, part) ?? 0;
      const method = rows.text('method', id);
      return {
        method,
        calls: sorted.length,
        errors,
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        max: at(1),
      };
    })
    .sort((one, other) => other.calls - one.calls || one.method.localeCompare(other.method));
};

/** From 100 microseconds to five minutes, a third of a decade a row; what is beyond falls into the first and the last. */
const firstBoundMs = 0.1;
const rowsPerDecade = 4;
const heatRows = 27;

export const bounds: readonly number[] = Array.from(
  { length: heatRows },
  (_, row) => firstBoundMs * 10 ** (row / rowsPerDecade),
);

const rowOf = (ms: number): number =>
  Math.max(
    0,
    Math.min(heatRows - 1, Math.floor(Math.log10(Math.max(ms, 1e-6) / firstBoundMs) * rowsPerDecade)),
  );

interface Window {
  readonly from: number;
  readonly to: number;
  readonly columns: number;
}

/** Calls by time and duration. */
export const answerHeat = (rows: Rows, filter: Filter, { from, to, columns }: Window): HeatJson => {
  const matches = rowMatcher(rows, filter, ['call']);
  const counts = new Array<number>(columns * heatRows).fill(0);
  const errors = new Array<number>(columns).fill(0);
  const width = Math.max(1e-3, (to - from) / columns);
  const fromNs = nanos(from);
  for (let ordinal = rows.first; ordinal < rows.first + rows.size; ordinal++) {
    const column = Math.floor(shortMilliseconds(rows.start(ordinal) - fromNs) / width);
    if (column < 0 || column >= columns || !matches(ordinal)) continue;
    const cell = column * heatRows + rowOf(shortMilliseconds(rows.durationNs(ordinal)));
    counts[cell] = (counts[cell] ?? 0) + 1;
    if (rows.failed(ordinal)) errors[column] = (errors[column] ?? 0) + 1;
  }
  return { from, to, columns, bounds, counts, errors };
};
