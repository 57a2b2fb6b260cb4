import type { Call } from '../calls/call.ts';
import type { KernelPart } from '../calls/kernel/story.ts';
import type { Nanos } from '../foundation/time.ts';
import { barOf } from './bar.ts';
import { durationText, messageText, methodText, podText, statusText, subjectText } from './call-text.ts';
import { type Colour, type Paint, painter } from './colour.ts';
import { partEndText, partSubjectText } from './kernel-text.ts';
import { cells, fit, terminalText } from './terminal-text.ts';

export interface WaterfallOptions {
  /** Cells of a line; narrow ones lose what stands at the end, never the bar. */
  readonly width: number;
  readonly colour: boolean;
}

/** A call, or a part of what the kernel saw of its work. */
interface Row {
  readonly start: Nanos;
  readonly end: Nanos;
  /** Null: it is not over. */
  readonly duration: Nanos | null;
  readonly name: string;
  readonly subject: string;
  readonly result: string;
  readonly colour: Colour;
  readonly barColour: Colour;
}

interface CallRow {
  readonly stream: number;
  readonly row: Row;
  /** Where its time went, in words. */
  readonly breakdown: string | null;
  readonly parts: readonly Row[];
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

const depthOf = (parts: readonly KernelPart[], part: KernelPart): number => {
  let depth = 1;
  for (let { parent } = part; parent !== null; parent = parts[parent]?.parent ?? null) depth += 1;
  return depth;
};

const partRow = (parts: readonly KernelPart[], { part, duration, times }: FoldedPart): Row => {
  const failed = (part.exitCode ?? 0) !== 0 || (part.signal !== null && part.what.kind === 'program');
  return {
    start: part.start,
    end: part.end,
    duration,
    name: terminalText(`${'  '.repeat(depthOf(parts, part))}${part.name}`),
    subject: terminalText(partSubjectText(part)),
    result: times > 1 ? `${times} times` : terminalText(partEndText(part)),
    colour: failed ? 'red' : 'dim',
    barColour: failed ? 'red' : 'dim',
  };
};

interface FoldedPart {
  /** The longest, where it stands for several. */
  readonly part: KernelPart;
  readonly duration: Nanos;
  readonly times: number;
}

/** The syncs of one file are one row: a runtime makes a dozen of its database in one call. */
const folded = (parts: readonly KernelPart[]): readonly FoldedPart[] => {
  const rows: FoldedPart[] = [];
  const syncs = new Map<string, number>();
  for (const part of parts) {
    const duration = part.end - part.start;
    const at = part.what.kind === 'sync' ? syncs.get(part.name) : undefined;
    const before = at === undefined ? undefined : rows[at];
    if (at === undefined || before === undefined) {
      if (part.what.kind === 'sync') syncs.set(part.name, rows.length);
      rows.push({ part, duration, times: 1 });
      continue;
    }
    const longest = before.part.end - before.part.start >= duration ? before.part : part;
    rows[at] = { part: longest, duration: before.duration + duration, times: before.times + 1 };
  }
  return rows;
};

/** Each part under the one that started it. */
const inTreeOrder = (parts: readonly KernelPart[]): readonly KernelPart[] => {
  const under = (parent: number | null): readonly KernelPart[] =>
    parts.flatMap((part, at) => (part.parent === parent ? [part, ...under(at)] : []));
  return under(null);
};

const partRows = ({ kernel }: Call): readonly Row[] =>
  kernel === null ? [] : folded(inTreeOrder(kernel.parts)).map((part) => partRow(kernel.parts, part));

const callRow = (call: Call): CallRow | null => {
  const start = call.start ?? call.result.responseStart?.at ?? call.end;
  if (start === null) return null;
  const status = statusText(call);
  const message = messageText(call);
  return {
    stream: call.stream,
    row: {
      start,
      end: call.end ?? start,
      duration: call.end === null ? null : call.end - start,
      name: methodText(call),
      subject: subjectText(call),
      result: message === '' ? status.text : `${status.text}: ${message}`,
      colour: status.colour,
      barColour: status.colour === 'green' ? 'cyan' : status.colour,
    },
    breakdown:
      call.kernel !== null && call.kernel.parts.length > 0 ? terminalText(call.kernel.breakdown) : null,
    parts: partRows(call),
  };
};

const byStart = (a: CallRow, b: CallRow): number =>
  a.row.start < b.row.start ? -1 : a.row.start > b.row.start ? 1 : a.stream - b.stream;

const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - cells(text))) + text;

const widest = (texts: readonly string[], most: number): number =>
  Math.min(most, Math.max(0, ...texts.map(cells)));

/** The bar gets half of what method and subject leave, the result the other half. */
const layoutOf = (rows: readonly Row[], from: Nanos, total: Nanos, width: number): Layout => {
  const method = widest(
    rows.map(({ name }) => name),
    columns.method,
  );
  const subject = widest(
    rows.map(({ subject: text }) => text),
    columns.subject,
  );
  const rest = width - columns.offset - method - columns.duration - subject - 5 * columns.gap;
  const bar = Math.max(minimumBar, Math.min(columns.bar, Math.floor(rest / 2)));
  return { from, total, method, subject, bar, result: Math.max(2, rest - bar) };
};

const rowLine = (row: Row, layout: Layout, paint: Paint): string => {
  const { before, bar } = barOf(row, layout.from, layout.total, layout.bar);
  return [
    paint('dim', padStart(`+${durationText(row.start - layout.from)}`, columns.offset)),
    fit(row.name, layout.method),
    paint(row.barColour, fit(' '.repeat(before) + bar, layout.bar)),
    padStart(row.duration === null ? '…' : durationText(row.duration), columns.duration),
    ...(layout.subject === 0 ? [] : [fit(row.subject, layout.subject)]),
    paint(row.colour, fit(row.result, layout.result).trimEnd()),
  ]
    .join(' '.repeat(columns.gap))
    .trimEnd();
};

/** Broken after commas; what is longer than a line is cut. */
const wrapped = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.split(/(?<=,) /)) {
    const last = lines.at(-1);
    if (word === '') continue;
    if (last === undefined || cells(last) + 1 + cells(word) > width) lines.push(fit(word, width).trimEnd());
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
};

/**
 * Calls under each other on one time axis, in the order in which they began: time since the first, method, bar,
 * duration, subject, result. Under each call, indented, where its time went and what the kernel saw of its
 * work. Calls without any time are
 * left out.
 */
export const renderWaterfall = (calls: readonly Call[], options: WaterfallOptions): string => {
  const ordered = calls.flatMap((call) => callRow(call) ?? []).sort(byStart);
  const [first] = ordered;
  if (first === undefined) return '';
  let until = first.row.end;
  for (const { row } of ordered) if (row.end > until) until = row.end;
  const rows = ordered.flatMap(({ row, parts }) => [row, ...parts]);
  const width = Math.max(minimumWidth, options.width);
  const layout = layoutOf(rows, first.row.start, until - first.row.start, width);
  const paint = painter(options.colour);
  const lineOf = (row: Row): string => rowLine(row, layout, paint);
  const indent = ' '.repeat(columns.offset + columns.gap + 2);
  return ordered
    .flatMap(({ row, breakdown, parts }) => [
      lineOf(row),
      ...wrapped(breakdown ?? '', width - indent.length).map((line) => paint('dim', `${indent}${line}`)),
      ...parts.map(lineOf),
    ])
    .join('\n');
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
