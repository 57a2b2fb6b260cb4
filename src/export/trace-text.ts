import { type Nanos, toRfc3339 } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';
import { barOf } from './bar.ts';
import { durationText } from './call-text.ts';
import { type Colour, type Paint, painter } from './colour.ts';
import {
  attributeText,
  breakdownText,
  explanationText,
  serviceText,
  spanNameText,
  spanResultText,
  spanSubjectText,
} from './span-text.ts';
import { cells, fit, terminalText } from './terminal-text.ts';
import { axisOf, type TimeAxis, type TreeRow, treeOf } from './trace-tree.ts';
import type { WaterfallOptions } from './waterfall.ts';

export interface TraceText extends WaterfallOptions {
  /** Symptoms of other traces that point at calls of this one. */
  readonly related: readonly Span[];
  /** Lines and spans of the trace that could not be had. */
  readonly missing: number;
}

const minimumWidth = 60;
const columns = { offset: 8, duration: 7, name: 44, subject: 28, bar: 48, gap: 2 } as const;
const minimumBar = 10;

const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - cells(text))) + text;

interface Layout {
  readonly name: number;
  readonly subject: number;
  readonly bar: number;
  readonly result: number;
}

const nameText = ({ span, depth }: TreeRow): string => `${'  '.repeat(depth)}${spanNameText(span)}`;

const widest = (texts: readonly string[], most: number): number =>
  Math.min(
    most,
    texts.reduce((width, text) => Math.max(width, cells(text)), 0),
  );

const layoutOf = (rows: readonly TreeRow[], width: number): Layout => {
  const name = widest(rows.map(nameText), columns.name);
  const subject = widest(
    rows.map(({ span }) => spanSubjectText(span)),
    columns.subject,
  );
  const rest = width - columns.offset - name - columns.duration - subject - 5 * columns.gap;
  const bar = Math.max(minimumBar, Math.min(columns.bar, Math.floor((rest * 2) / 3)));
  return { name, subject, bar, result: Math.max(2, rest - bar) };
};

/** A call that failed is red; of what is no call the bar says whose time it is. */
const colourOf = (span: Span): Colour => {
  if (span.status.code === 'error') return 'red';
  if (span.kind !== 'internal') return 'cyan';
  return span.parentSpanId === null ? 'bold' : 'dim';
};

const rowLine = (row: TreeRow, axis: TimeAxis, layout: Layout, paint: Paint): string => {
  const { span } = row;
  const { before, bar } = barOf(span, axis.from, axis.total, layout.bar);
  const colour = colourOf(span);
  const name = fit(nameText(row), layout.name);

  return [
    paint('dim', padStart(`+${durationText(span.start - axis.from)}`, columns.offset)),
    row.depth === 0 ? paint('bold', name) : name,
    paint(colour, fit(' '.repeat(before) + bar, layout.bar)),
    padStart(durationText(span.end - span.start), columns.duration),
    ...(layout.subject === 0 ? [] : [fit(spanSubjectText(span), layout.subject)]),
    paint(colour === 'red' ? 'red' : 'dim', fit(spanResultText(span), layout.result).trimEnd()),
  ]
    .join(' '.repeat(columns.gap))
    .trimEnd();
};

/** The parts of an operation as its root span counts them, with what a reader calls them. */
const parts = [
  ['cri.operation.sandbox_ms', 'sandbox (with the network)'],
  ['cri.operation.image_pull_ms', 'pulling images'],
  ['cri.operation.containers_ms', 'containers'],
  ['cri.operation.hooks_ms', 'hooks'],
  ['cri.operation.init_ms', 'init containers running'],
  ['cri.operation.client_ms', "the kubelet's own time"],
] as const;

const sharesText = (root: Span): string => {
  const totalMs = Number(root.end - root.start) / 1e6;
  const shares = parts.flatMap(([name, label]) => {
    const value = root.attributes[name];
    if (typeof value !== 'number' || value <= 0 || totalMs <= 0) return [];
    return [{ label, value }];
  });
  shares.sort((one, other) => other.value - one.value);
  return shares
    .map(({ label, value }) => {
      const ns: Nanos = BigInt(Math.round(value * 1e6));
      return `${label} ${durationText(ns)} (${Math.round((value / totalMs) * 100)} %)`;
    })
    .join(', ');
};

const headOf = (root: Span, axis: TimeAxis, paint: Paint): string[] => {
  const name = root.kind === 'internal' ? terminalText(root.name) : spanNameText(root);
  const result = spanResultText(root) || 'no status';
  const began = root.attributes['cri.operation.start_unknown'] === true ? ', its beginning was not seen' : '';
  return [
    paint('bold', `${name}: ${durationText(root.end - root.start)}, ${result}${began}`),
    paint('dim', `trace ${root.traceId}, from ${toRfc3339(axis.from)}, seen of ${serviceText(root)}`),
  ];
};

/** What the kernel saw within the calls that it saw something of. */
const breakdownsOf = (rows: readonly TreeRow[], paint: Paint): string[] =>
  rows.flatMap(({ span, other }) => {
    const said = breakdownText(other ?? span);
    if (said === '') return [];
    const subject = spanSubjectText(span);
    const name = span.kind === 'server' ? attributeText(span, 'cri.rpc') : spanNameText(span);
    return [`${paint('bold', `in ${name}${subject === '' ? '' : ` ${subject}`}`)}  ${said}`];
  });

const findingsOf = (spans: readonly Span[], paint: Paint): string[] =>
  spans.flatMap((span) => {
    const said = explanationText(span);
    if (said === '') return [];
    const kind = attributeText(span, 'cri.symptom') || attributeText(span, 'cri.round') || span.name;
    return [`${paint('yellow', terminalText(kind.replaceAll('_', ' ')))}  ${said}`];
  });

/**
 * A trace for a person at a terminal: what it was, its spans under each other on one time axis with the kernel's parts
 * below the calls they belong to, where the time went, and what was found. No newline at the end.
 */
export const renderTrace = (spans: readonly Span[], options: TraceText): string => {
  const rows = treeOf(spans);
  const [first] = rows;
  if (first === undefined) return '';
  const paint = painter(options.colour);
  const axis = axisOf(spans);
  const layout = layoutOf(rows, Math.max(minimumWidth, options.width));
  const lines = [
    ...headOf(first.span, axis, paint),
    '',
    ...rows.map((row) => rowLine(row, axis, layout, paint)),
  ];
  const shares = sharesText(first.span);
  const detail = attributeText(first.span, 'cri.operation.detail');
  const notes = [
    ...(shares === '' ? [] : [`${paint('bold', 'where the time went')}  ${shares}`]),
    ...(detail === '' || first.span.status.message !== null ? [] : [`${paint('bold', 'why')}  ${detail}`]),
    ...breakdownsOf(rows, paint),
    ...findingsOf([...spans, ...options.related], paint),
    ...(options.missing === 0
      ? []
      : [paint('yellow', `${options.missing} parts of this trace are no longer there`)]),
  ];
  return [...lines, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
};
