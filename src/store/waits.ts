import type { Span } from '../spans/span.ts';
import type { TracedWait } from '../spans/traced-wait.ts';
import type { Store } from './store.ts';

/** Other traces that are read for one: those of what it waited for first. */
const maxOtherTraces = 16;

type FindSpan = (of: TracedWait['awaited']) => Span | null;

const isWait = (span: Span): boolean => 'cri.wait.on' in span.attributes && span.links.length > 0;

/** Who waited for whom among the spans of a trace, in the order of their waits. */
export const waitsAmong = (spans: readonly Span[], find: FindSpan): readonly TracedWait[] =>
  spans.filter(isWait).flatMap((wait) => {
    const [awaited] = wait.links;
    if (awaited === undefined) return [];
    const waiter =
      spans.find(({ spanId, kind }) => spanId === wait.parentSpanId && kind === 'client') ?? null;
    return [{ wait, waiter, awaited, call: find(awaited) }];
  });

/** The same of a trace in a store, which may hold what was waited for in other traces. */
export const waitsOf = async (store: Store, spans: readonly Span[]): Promise<readonly TracedWait[]> => {
  const known = new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span]));
  const own = spans[0]?.traceId;
  const others = new Set(spans.filter(isWait).flatMap(({ links }) => links.map(({ traceId }) => traceId)));
  for (const traceId of [...others].filter((one) => one !== own).slice(0, maxOtherTraces))
    for (const span of (await store.trace(traceId)).spans) known.set(`${span.traceId} ${span.spanId}`, span);
  return waitsAmong(spans, ({ traceId, spanId }) => known.get(`${traceId} ${spanId}`) ?? null);
};
