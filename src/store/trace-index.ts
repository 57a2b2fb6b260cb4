import type { Span } from '../spans/span.ts';
import type { StoreCounters, StoreLimits } from './limits.ts';
import type { Lines, OnLine, Place } from './lines.ts';
import { createNoteworthy, type Noteworthy } from './noteworthy.ts';
import { partRow, type RowKind, rowOf } from './row.ts';
import { createRows, type Rows } from './rows.ts';

/** The spans of one line of the OTLP file format; null where it is none. */
export type ParseLine = (line: string) => readonly Span[] | null;

export interface TraceIndex {
  readonly rows: Rows;
  readonly operations: Noteworthy;
  readonly negotiations: Noteworthy;
  /** And upgrades of a runtime. */
  readonly symptoms: Noteworthy;
  readonly add: OnLine;
  /** Forgets what lies in segments that are gone. */
  forget(lines: Pick<Lines, 'isGone'>): void;
  /** The lines that hold spans of a trace, oldest first. */
  placesOf(traceId: string): readonly Place[];
  placeOf(ordinal: number): Place | null;
}

/** Told every few minutes of every stream: they would push out what somebody should look at. */
const isQuiet = (span: Span): boolean => span.attributes['cri.symptom'] === 'stream_interval';

export const createTraceIndex = (
  limits: StoreLimits,
  counters: StoreCounters,
  parse: ParseLine,
): TraceIndex => {
  const rows = createRows(limits.rows);
  const operations = createNoteworthy(limits.operations);
  const negotiations = createNoteworthy(limits.negotiations);
  const symptoms = createNoteworthy(limits.symptoms);
  /** By the number of the line, which rises; those before that of the oldest row are deleted. */
  const places = new Map<number, Place>();
  let nextLine = 0;
  let oldestLine = 0;

  const note = (kind: RowKind, span: Span): void => {
    if (kind === 'operation') operations.add(span);
    else if (kind === 'negotiation') negotiations.add(span);
    else if (kind === 'upgrade' || (kind === 'symptom' && !isQuiet(span))) symptoms.add(span);
  };

  const push = (spans: readonly Span[], line: number): void => {
    const shown = new Set<string>();
    const before = rows.first;
    for (const span of spans) {
      const row = rowOf(span);
      if (row === null) continue;
      rows.push(row, line);
      shown.add(row.traceId);
      note(row.kind, span);
    }
    for (const span of spans) {
      if (shown.has(span.traceId)) continue;
      rows.push(partRow(span), line);
      shown.add(span.traceId);
    }
    counters.rowsEvicted += rows.first - before;
  };

  const dropPlaces = (): void => {
    const until = rows.size === 0 ? nextLine : rows.line(rows.first);
    for (; oldestLine < until; oldestLine++) places.delete(oldestLine);
  };

  return {
    rows,
    operations,
    negotiations,
    symptoms,
    add(place, text, known) {
      const spans = known ?? parse(text);
      if (spans === null) {
        counters.damagedLines += 1;
        return;
      }
      counters.lines += 1;
      counters.spans += spans.length;
      if (spans.length === 0) return;
      const line = nextLine++;
      places.set(line, place);
      push(spans, line);
      dropPlaces();
    },
    forget(lines) {
      counters.rowsEvicted += rows.dropWhile((line) => {
        const place = places.get(line);
        return place === undefined || lines.isGone(place.segment);
      });
      dropPlaces();
    },
    placesOf(traceId) {
      const found = new Map<number, Place>();
      for (const ordinal of rows.ofTrace(traceId)) {
        const line = rows.line(ordinal);
        const place = places.get(line);
        if (place !== undefined) found.set(line, place);
      }
      return [...found.values()].slice(-limits.traceLines);
    },
    placeOf: (ordinal) => places.get(rows.line(ordinal)) ?? null,
  };
};
