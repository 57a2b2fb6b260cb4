import type { Call } from '../calls/call.ts';
import type { Nanos } from '../foundation/time.ts';
import { barOf } from './bar.ts';
import { durationText, messageText, methodText, podText, statusText, subjectText } from './call-text.ts';
import { type Paint, painter } from './colour.ts';
import { cells, fit } from './terminal-text.ts';

export interface WaterfallOptions {
  /** Cells of a line; narrow ones lose what stands at the end, never the bar. */
  readonly width: number;
  readonly colour: boolean;
}

interface Row {
  readonly call: Call;
  readonly start: Nanos;
  readonly end: Nanos;
}

/** Terminals narrower than this wrap the lines. */
const minimumWidth = 60;

/** Cells of the columns that do not depend on the calls, and the most that the others take. */
const columns = { offset: 8, duration: 7, method: 26, subject: 32, bar: 48, gap: 2 } as const;
const minimumBar = 10;

interface Layout {
  readonly from: Nanos;
  readonly total: Nanos;
  readonly method: number;
  readonly subject: number;
  readonly bar: number;
  readonly result: number;
}

const rowOf = (call: Call): Row | null => {
  const start = call.start ?? call.result.responseStart?.at ?? call.end;
  return start === null ? null : { call, start, end: call.end ?? start };
};

const byStart = (a: Row, b: Row): number =>
  a.start < b.start ? -1 : a.start > b.start ? 1 : a.call.stream - b.call.stream;

const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - cells(text))) + text;

const widest = (texts: readonly string[], most: number): number =>
  Math.min(most, Math.max(0, ...texts.map(cells)));

/** The bar gets half of what method and subject leave, the result the other half. */
const layoutOf = (rows: readonly Row[], from: Nanos, total: Nanos, width: number): Layout => {
  const method = widest(
    rows.map(({ call }) => methodText(call)),
    columns.method,
  );
  const subject = widest(
    rows.map(({ call }) => subjectText(call)),
    columns.subject,
  );
  const rest = width - columns.offset - method - columns.duration - subject - 5 * columns.gap;
  const bar = Math.max(minimumBar, Math.min(columns.bar, Math.floor(rest / 2)));
  return { from, total, method, subject, bar, result: Math.max(2, rest - bar) };
};

const rowLine = (row: Row, layout: Layout, paint: Paint): string => {
  const { call } = row;
  const status = statusText(call);
  const { before, bar } = barOf(row, layout.from, layout.total, layout.bar);
  const message = messageText(call);
  const result = message === '' ? status.text : `${status.text}: ${message}`;
  return [
    paint('dim', padStart(`+${durationText(row.start - layout.from)}`, columns.offset)),
    fit(methodText(call), layout.method),
    paint(status.colour === 'green' ? 'cyan' : status.colour, fit(' '.repeat(before) + bar, layout.bar)),
    padStart(call.end === null ? '…' : durationText(row.end - row.start), columns.duration),
    ...(layout.subject === 0 ? [] : [fit(subjectText(call), layout.subject)]),
    paint(status.colour, fit(result, layout.result).trimEnd()),
  ].join(' '.repeat(columns.gap));
};

/**
 * Calls under each other on one time axis, in the order in which they began: time since the first, method, bar,
 * duration, subject, result. Calls without any time are left out.
 */
export const renderWaterfall = (calls: readonly Call[], options: WaterfallOptions): string => {
  const rows = calls.flatMap((call) => rowOf(call) ?? []).sort(byStart);
  const [first] = rows;
  if (first === undefined) return '';
  let until = first.end;
  for (const { end } of rows) if (end > until) until = end;
  const width = Math.max(minimumWidth, options.width);
  const layout = layoutOf(rows, first.start, until - first.start, width);
  const paint = painter(options.colour);
  return rows.map((row) => rowLine(row, layout, paint)).join('\n');
};

/** A waterfall for each pod, under its name; what names no pod comes last. */
export const renderWaterfallByPod = (calls: readonly Call[], options: WaterfallOptions): string => {
  const paint = painter(options.colour);
  const groups = new Map<string, Call[]>();
  for (const call of calls) {
    const name = podText(call) ?? '';
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [call]);
    else group.push(call);
  }
  const none = groups.get('') ?? [];
  groups.delete('');
  const parts = [...groups].map(
    ([pod, group]) => `${paint('bold', `pod ${pod}`)}\n${renderWaterfall(group, options)}`,
  );
  if (none.length > 0) parts.push(`${paint('bold', 'no pod')}\n${renderWaterfall(none, options)}`);
  return parts.join('\n\n');
};
