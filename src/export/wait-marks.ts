import type { Interval } from '../foundation/covered.ts';
import type { Nanos } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';
import type { TracedWait } from '../spans/traced-wait.ts';
import { placeOf } from './bar.ts';
import type { TimeAxis, TreeRow } from './trace-tree.ts';

/** What waiting for other calls puts on the bars of one row. */
export interface WaitMarks {
  /** Stretches in which its call waited, or which are its own. */
  readonly held: readonly Interval[];
  /** The call of another trace that was waited for. */
  readonly other: Interval | null;
  /** Lines that pass, from who waited to what was waited for: at their end the head of an arrow. */
  readonly wires: readonly { readonly at: Nanos; readonly char: '│' | '▲' | '▼' }[];
}

const isOf = (row: TreeRow, spanId: string): boolean =>
  [row.span, row.other, ...row.again].some((span) => span?.spanId === spanId);

/** For each row. A wait has a row of its own under that of who waited; wires lead on from there. */
export const waitMarksOf = (rows: readonly TreeRow[], waits: readonly TracedWait[]): readonly WaitMarks[] => {
  const held: Interval[][] = rows.map(() => []);
  const other: (Interval | null)[] = rows.map(() => null);
  const wires: { at: Nanos; char: '│' | '▲' | '▼' }[][] = rows.map(() => []);
  const rowOf = (span: Span | null): number =>
    span === null ? -1 : rows.findIndex((row) => isOf(row, span.spanId));
  for (const { wait, waiter, awaited, call } of waits) {
    const own = rowOf(wait);
    for (const at of [own, rowOf(waiter)]) held[at]?.push(wait);
    const target = rows.findIndex((row) => isOf(row, awaited.spanId));
    if (target < 0) {
      if (other[own] === null) other[own] = call;
      continue;
    }
    const from = waiter === null ? own : rowOf(waiter);
    const step = target > from ? 1 : -1;
    for (let at = from + step; at !== target && from >= 0; at += step)
      wires[at]?.push({ at: wait.end, char: at + step !== target ? '│' : step > 0 ? '▼' : '▲' });
  }
  return rows.map((_row, at) => ({
    held: held[at] ?? [],
    other: other[at] ?? null,
    wires: wires[at] ?? [],
  }));
};

/** Puts the marks on a line of bars: shaded where it waited, dashed the other call, wires where nothing else is. */
export const marked = (
  line: readonly string[],
  { held, other, wires }: WaitMarks,
  axis: TimeAxis,
): string => {
  const width = line.length;
  const cells = [...line];
  if (other !== null) {
    const { from, to } = placeOf(other, axis.from, axis.total, width);
    for (let at = from; at < to; at++) if (cells[at] === ' ') cells[at] = '╌';
  }
  for (const interval of held) {
    const { from, to } = placeOf(interval, axis.from, axis.total, width);
    for (let at = from; at < to; at++) cells[at] = '▒';
  }
  for (const { at, char } of wires) {
    const { from } = placeOf({ start: at, end: at }, axis.from, axis.total, width);
    if (cells[from] === ' ') cells[from] = char;
  }
  return cells.join('');
};
