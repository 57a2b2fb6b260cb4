import type { Rows } from '../../store/rows.ts';
import { endOf } from '../../store/select.ts';
import type { OverviewJson } from '../api.ts';
import type { Dataset } from '../dataset.ts';
import { milliseconds } from './milliseconds.ts';

/** From the first start to the last end of all that is known; null: nothing is. */
export const rangeOf = (rows: Rows): { readonly from: bigint; readonly to: bigint } | null => {
  if (rows.size === 0) return null;
  let from = rows.start(rows.first);
  for (let ordinal = rows.first; ordinal < rows.first + rows.size; ordinal++) {
    const start = rows.start(ordinal);
    if (start < from) from = start;
  }
  return { from, to: endOf(rows) };
};

export const answerOverview = ({ store, live }: Dataset): OverviewJson => {
  const { rows, operations, negotiations, symptoms } = store.index;
  let calls = 0;
  for (let ordinal = rows.first; ordinal < rows.first + rows.size; ordinal++)
    if (rows.kind(ordinal) === 'call') calls += 1;
  const noteworthy = [...operations.list(), ...negotiations.list()].filter(
    ({ status, attributes }) => status.code === 'error' || attributes['cri.negotiation.deprecated'] === true,
  );
  const range = rangeOf(rows);
  return {
    calls,
    operations: operations.list().length,
    negotiations: negotiations.list().length,
    symptoms: symptoms.list().length,
    findings: symptoms.list().length + noteworthy.length,
    from: range === null ? null : milliseconds(range.from),
    to: range === null ? null : milliseconds(range.to),
    now: milliseconds(live === null ? (range?.to ?? 0n) : live.now()),
    indexed: { ...store.counters },
  };
};
