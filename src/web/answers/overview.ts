import { endOf } from '../../store/select.ts';
import type { OverviewJson } from '../api.ts';
import type { Dataset } from '../dataset.ts';
import { milliseconds } from './milliseconds.ts';

export const answerOverview = ({ store, live }: Dataset): OverviewJson => {
  const { rows, operations, negotiations, symptoms } = store.index;
  let calls = 0;
  let from: bigint | null = null;
  for (let ordinal = rows.first; ordinal < rows.first + rows.size; ordinal++) {
    if (rows.kind(ordinal) === 'call') calls += 1;
    const start = rows.start(ordinal);
    if (from === null || start < from) from = start;
  }
  const noteworthy = [...operations.list(), ...negotiations.list()].filter(
    ({ status, attributes }) => status.code === 'error' || attributes['cri.negotiation.deprecated'] === true,
  );
  const to = endOf(rows);
  return {
    calls,
    operations: operations.list().length,
    negotiations: negotiations.list().length,
    symptoms: symptoms.list().length,
    findings: symptoms.list().length + noteworthy.length,
    from: from === null ? null : milliseconds(from),
    to: rows.size === 0 ? null : milliseconds(to),
    now: milliseconds(live === null ? to : live.now()),
    indexed: { ...store.counters },
  };
};
