import type { Span } from '../spans/span.ts';
import { createStoreCounters, defaultStoreLimits, type StoreCounters, type StoreLimits } from './limits.ts';
import type { Lines } from './lines.ts';
import { createTraceIndex, type ParseLine, type TraceIndex } from './trace-index.ts';

export interface TraceSpans {
  /** In the order of their starts. */
  readonly spans: readonly Span[];
  /** Lines of the trace that are no longer there, and spans beyond the bound. */
  readonly missing: number;
}

/** Spans at rest with an index in memory. */
export interface Store {
  readonly index: TraceIndex;
  readonly counters: StoreCounters;
  /** Takes in what has come since the last time; calls of it one after the other. */
  refresh(): Promise<void>;
  trace(traceId: string): Promise<TraceSpans>;
  /** The spans of the lines of these rows that `wanted` takes. */
  spansAt(ordinals: readonly number[], wanted: (span: Span) => boolean): Promise<readonly Span[]>;
  close(): Promise<void>;
}

const byStart = (one: Span, other: Span): number =>
  one.start < other.start ? -1 : one.start > other.start ? 1 : one.end > other.end ? -1 : 1;

export interface StoreOptions {
  readonly lines: Lines;
  readonly parse: ParseLine;
  readonly limits?: StoreLimits;
  readonly counters?: StoreCounters;
}

export const createStore = ({
  lines,
  parse,
  limits = defaultStoreLimits,
  counters = createStoreCounters(),
}: StoreOptions): Store => {
  const index = createTraceIndex(limits, counters, parse);
  let refreshing: Promise<void> = Promise.resolve();
  const refresh = async (): Promise<void> => {
    await lines.refresh(index.add);
    index.forget(lines);
  };
  return {
    index,
    counters,
    refresh() {
      refreshing = refreshing.then(refresh, refresh);
      return refreshing;
    },
    async trace(traceId) {
      const spans = new Map<string, Span>();
      let missing = 0;
      for (const place of index.placesOf(traceId)) {
        const text = await lines.read(place);
        if (text === null) missing += 1;
        for (const span of text === null ? [] : (parse(text) ?? [])) {
          if (span.traceId !== traceId) continue;
          if (spans.size < limits.traceSpans || spans.has(span.spanId)) spans.set(span.spanId, span);
          else missing += 1;
        }
      }
      return { spans: [...spans.values()].sort(byStart), missing };
    },
    async spansAt(ordinals, wanted) {
      const found: Span[] = [];
      const seen = new Set<string>();
      for (const ordinal of ordinals) {
        const place = index.placeOf(ordinal);
        if (place === null || seen.has(`${place.segment} ${place.offset}`)) continue;
        seen.add(`${place.segment} ${place.offset}`);
        const text = await lines.read(place);
        for (const span of text === null ? [] : (parse(text) ?? [])) if (wanted(span)) found.push(span);
      }
      return found;
    },
    close: () => lines.close(),
  };
};
