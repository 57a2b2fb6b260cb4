import { type Nanos, toRfc3339 } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';
import type { TracedWait } from '../spans/traced-wait.ts';
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
import { marked, type WaitMarks, waitMarksOf } from './wait-marks.ts';
import type { WaterfallOptions } from './waterfall.ts';

export interface TraceText extends WaterfallOptions {
  /** Symptoms of other traces that point at calls of this one. */
  readonly related: readonly Span[];
  /** Who waited for whom in it. */
  readonly waits: readonly TracedWait[];
  /** Lines and spans of the trace that could not be had. */
  readonly missing: number;
}

const minimumWidth = 60;
const columns = { offset: 8, duration: 7, name: 44, subject: 28, bar: 48, gap: 2 } as const;
const minimumBar = 10;

interface Note {
  readonly colour: Colour;
  readonly label: string;
  readonly text: string;
}

/** A label and a text in lines of at most so many cells, where words allow it; those after the first are indented. */
const noteLines = ({ colour, label, text }: Note, width: number, paint: Paint): string => {
  const lines: string[] = [];
  let line = '';
  let room = width - cells(label) - columns.gap;
  for (const word of text.split(' ')) {
    if (line !== '' && cells(line) + 1 + cells(word) > room) {
      lines.push(line);
      line = word;
      room = width - columns.gap;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  const gap = ' '.repeat(columns.gap);
  return `${paint(colour, label)}${gap}${[...lines, line].join(`\n${gap}`)}`;
};

const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - cells(text))) + text;

const noMarks: WaitMarks = { held: [], other: null, wires: [] };

interface Layout {
  readonly name: number;
  readonly subject: number;
  readonly bar: number;
  readonly result: number;
}

/** What was waited for; of a wait only. */
const behindText = (span: Span): string => attributeText(span, 'cri.wait.behind');

const nameText = ({ span, depth }: TreeRow): string => {
  const behind = behindText(span);
  return `${'  '.repeat(depth)}${behind === '' ? spanNameText(span) : `waits for ${behind}`}`;
};

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
  if (behindText(span) !== '') return 'yellow';
  return span.parentSpanId === null ? 'bold' : 'dim';
};

/** All of them on one line; where two fall into a cell the first is seen. */
const barsOf = (spans: readonly Span[], axis: TimeAxis, width: number): readonly string[] => {
  const line = new Array<string>(width).fill(' ');
  for (const span of spans) {
    const { before, bar } = barOf(span, axis.from, axis.total, width);
    [...bar].forEach((char, nth) => {
      if (line[before + nth] === ' ') line[before + nth] = char;
    });
  }
  return line;
};

const resultText = ({ span, again }: TreeRow): string =>
  again.length > 0
    ? `${again.length + 1} times`
    : attributeText(span, 'cri.wait.evidence') || spanResultText(span);

const rowLine = (row: TreeRow, marks: WaitMarks, axis: TimeAxis, layout: Layout, paint: Paint): string => {
  const { span } = row;
  const bars = marked(barsOf([span, ...row.again], axis, layout.bar), marks, axis);
  const duration = row.again.reduce((sum, { start, end }) => sum + end - start, span.end - span.start);
  const result = resultText(row);
  const colour = colourOf(span);
  const name = fit(nameText(row), layout.name);

  return [
    paint('dim', padStart(`+${durationText(span.start - axis.from)}`, columns.offset)),
    row.depth === 0 ? paint('bold', name) : name,
    paint(colour, bars),
    padStart(durationText(duration), columns.duration),
    ...(layout.subject === 0 ? [] : [fit(spanSubjectText(span), layout.subject)]),
    paint(colour === 'red' ? 'red' : 'dim', fit(result, layout.result).trimEnd()),
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
  ['cri.operation.pull_queue_ms', 'waiting for pulls of others'],
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
const breakdownsOf = (rows: readonly TreeRow[]): Note[] =>
  rows.flatMap(({ span, other }) => {
    const text = breakdownText(other ?? span);
    if (text === '') return [];
    const subject = spanSubjectText(span);
    const name = span.kind === 'server' ? attributeText(span, 'cri.rpc') : spanNameText(span);
    return [{ colour: 'bold', label: `in ${name}${subject === '' ? '' : ` ${subject}`}`, text }];
  });

const findingsOf = (spans: readonly Span[]): Note[] =>
  spans.flatMap((span) => {
    const text = explanationText(span);
    if (text === '') return [];
    const kind = attributeText(span, 'cri.symptom') || attributeText(span, 'cri.round') || span.name;
    return [{ colour: 'yellow', label: terminalText(kind.replaceAll('_', ' ')), text }];
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
  const marks = waitMarksOf(rows, options.waits);
  const lines = [
    ...headOf(first.span, axis, paint),
    '',
    ...rows.map((row, at) => rowLine(row, marks[at] ?? noMarks, axis, layout, paint)),
  ];
  const shares = sharesText(first.span);
  // It says what was in each call as well.
  const course = attributeText(first.span, 'cri.operation.breakdown');
  const detail = attributeText(first.span, 'cri.operation.detail');
  const shown: Note[] = [
    { colour: 'bold', label: 'where the time went', text: shares },
    { colour: 'bold', label: 'in the course of it', text: course },
    { colour: 'bold', label: 'why', text: first.span.status.message === null ? detail : '' },
    ...(course === '' ? breakdownsOf(rows) : []),
    ...findingsOf([...spans, ...options.related]),
  ];
  const notes = shown
    .filter(({ text }) => text !== '')
    .map((note) => noteLines(note, Math.max(minimumWidth, options.width), paint));
  if (options.missing > 0)
    notes.push(paint('yellow', `${options.missing} parts of this trace are no longer there`));
  return [...lines, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
};
