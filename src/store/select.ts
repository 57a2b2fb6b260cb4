import type { Condition, Filter } from './condition.ts';
import { type RowKind, shortMethod } from './row.ts';
import type { Rows, TextColumn } from './rows.ts';

export type Matches = (ordinal: number) => boolean;

/** Whether a text column's value passes, asked once for each different text. */
const byText = (rows: Rows, column: TextColumn, passes: (text: string) => boolean): Matches => {
  const known = new Map<number, boolean>();
  return (ordinal) => {
    const id = rows.id(column, ordinal);
    const before = known.get(id);
    if (before !== undefined) return before;
    const result = passes(rows.text(column, id));
    known.set(id, result);
    return result;
  };
};

const podPasses = (pod: string, { namespace, name }: Extract<Condition, { field: 'pod' }>): boolean => {
  const slash = pod.indexOf('/');
  if (slash < 0) return false;
  return (namespace === null || namespace.test(pod.slice(0, slash))) && name.test(pod.slice(slash + 1));
};

const one = (rows: Rows, condition: Condition): Matches => {
  switch (condition.field) {
    case 'method':
      return byText(
        rows,
        'method',
        (method) =>
          condition.pattern.test(method) ||
          method.split('|').some((one) => condition.pattern.test(shortMethod(one))),
      );
    case 'pod':
      return byText(rows, 'pod', (pod) => podPasses(pod, condition));
    case 'status':
      return byText(rows, 'status', (status) => status === condition.status);
    case 'min-duration':
      return (ordinal) => rows.durationNs(ordinal) >= condition.atLeast;
    case 'since':
      return (ordinal) => rows.start(ordinal) >= condition.at;
    case 'until':
      return (ordinal) => rows.start(ordinal) <= condition.at;
  }
};

/** The filter as a question about one row; good for one scan, as rows may go afterwards. */
export const rowMatcher = (rows: Rows, { wanted, unwanted }: Filter, kinds: readonly RowKind[]): Matches => {
  const fields = [...new Set(wanted.map(({ field }) => field))];
  const any = fields.map((field) =>
    wanted.filter((condition) => condition.field === field).map((condition) => one(rows, condition)),
  );
  const none = unwanted.map((condition) => one(rows, condition));
  return (ordinal) =>
    kinds.includes(rows.kind(ordinal)) &&
    !none.some((holds) => holds(ordinal)) &&
    any.every((alternatives) => alternatives.some((holds) => holds(ordinal)));
};

export interface Selection {
  readonly filter: Filter;
  readonly kinds: readonly RowKind[];
  readonly limit: number;
  /** Only ordinals below it: the next page of the same question. */
  readonly before?: number;
}

/** Ordinals, newest first. */
export const selectRows = (rows: Rows, { filter, kinds, limit, before }: Selection): readonly number[] => {
  const matches = rowMatcher(rows, filter, kinds);
  const found: number[] = [];
  const last = Math.min(before ?? Number.POSITIVE_INFINITY, rows.first + rows.size) - 1;
  for (let ordinal = last; ordinal >= rows.first && found.length < limit; ordinal--)
    if (matches(ordinal)) found.push(ordinal);
  return found;
};

/** When the last thing in the store happened: what relative times of a store at rest are counted back from. */
export const endOf = (rows: Rows): bigint => {
  let end = 0n;
  for (let ordinal = rows.first; ordinal < rows.first + rows.size; ordinal++) {
    const until = rows.start(ordinal) + rows.durationNs(ordinal);
    if (until > end) end = until;
  }
  return end;
};
