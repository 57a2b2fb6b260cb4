import type { Filter } from '../../store/condition.ts';
import type { RowKind } from '../../store/row.ts';
import type { Rows } from '../../store/rows.ts';
import { selectRows } from '../../store/select.ts';
import type { CallJson, CallsJson } from '../api.ts';
import { milliseconds } from './milliseconds.ts';

const kinds: readonly RowKind[] = ['call'];

export const callJson = (rows: Rows, ordinal: number): CallJson => {
  const row = rows.at(ordinal);
  return {
    n: ordinal,
    trace: row.traceId,
    span: row.spanId,
    at: milliseconds(row.start),
    ms: milliseconds(row.durationNs),
    method: row.method,
    status: row.status,
    failed: row.failed,
    pod: row.pod,
    subject: row.subject,
    caller: row.caller,
  };
};

/** Calls, the newest first, a page at a time. */
export const answerCalls = (rows: Rows, filter: Filter, limit: number, before: number | null): CallsJson => {
  const ordinals = selectRows(rows, { filter, kinds, limit, ...(before === null ? {} : { before }) });
  return {
    calls: ordinals.map((ordinal) => callJson(rows, ordinal)),
    before: ordinals.length === limit ? (ordinals.at(-1) ?? null) : null,
  };
};
