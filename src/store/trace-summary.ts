import type { Row, RowKind } from './row.ts';
import type { Rows } from './rows.ts';

/** A trace in one line. */
export interface TraceSummary {
  readonly traceId: string;
  /** What it is a trace of: an operation before a negotiation before a single call. */
  readonly root: Row;
  readonly start: bigint;
  readonly end: bigint;
  readonly calls: number;
  readonly failedCalls: number;
}

const rank: Readonly<Record<RowKind, number>> = {
  operation: 0,
  round: 0,
  upgrade: 0,
  negotiation: 1,
  call: 2,
  symptom: 3,
  part: 4,
};

const summarise = (traceId: string, rows: readonly Row[]): TraceSummary | null => {
  const [first] = rows;
  if (first === undefined) return null;
  let root = first;
  let { start } = first;
  let end = start;
  for (const row of rows) {
    const isBefore = row.start < root.start && rank[row.kind] === rank[root.kind];
    if (rank[row.kind] < rank[root.kind] || isBefore) root = row;
    if (row.start < start) start = row.start;
    if (row.start + row.durationNs > end) end = row.start + row.durationNs;
  }
  const calls = rows.filter(({ kind }) => kind === 'call');
  return {
    traceId,
    root,
    start,
    end,
    calls: calls.length,
    failedCalls: calls.filter(({ failed }) => failed).length,
  };
};

/** The traces of these rows, at most so many, each once, in the order in which they first come. */
export const tracesOf = (
  rows: Rows,
  ordinals: readonly number[],
  limit = Number.POSITIVE_INFINITY,
): readonly TraceSummary[] => {
  const wanted = new Map<string, Row[]>();
  for (const ordinal of ordinals) {
    if (wanted.size >= limit) break;
    wanted.set(rows.at(ordinal).traceId, []);
  }
  for (let ordinal = rows.first; ordinal < rows.first + rows.size; ordinal++) {
    const row = rows.at(ordinal);
    wanted.get(row.traceId)?.push(row);
  }
  return [...wanted].flatMap(([traceId, of]) => summarise(traceId, of) ?? []);
};
