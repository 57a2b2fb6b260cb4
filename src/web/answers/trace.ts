import type { AttributeValue, Span } from '../../spans/span.ts';
import type { TracedWait } from '../../spans/traced-wait.ts';
import { relatedTo } from '../../store/related.ts';
import type { Store } from '../../store/store.ts';
import { waitsOf } from '../../store/waits.ts';
import type { SpanJson, TraceJson, WaitJson } from '../api.ts';
import { milliseconds } from './milliseconds.ts';
import { symptomJson } from './noteworthy.ts';
import { textOf } from './said.ts';

const plain = (value: AttributeValue): string | number | boolean =>
  typeof value === 'object' ? value.join(', ') : value;

const nameOf = ({ kind, name, attributes, resource }: Span): string => {
  if (kind === 'internal') return name;
  if (kind === 'server') return `in ${textOf(resource, 'service.name') || 'the runtime'}`;
  const candidates = attributes['cri.method.candidates'];
  const few = typeof candidates === 'object' ? candidates.join('|') : '';
  return textOf(attributes, 'cri.rpc') || few || name;
};

const spanJson = (span: Span, from: bigint): SpanJson => ({
  id: span.spanId,
  parent: span.parentSpanId,
  name: nameOf(span),
  kind: span.kind,
  service: textOf(span.resource, 'service.name') || 'unknown',
  offsetMs: milliseconds(span.start - from),
  ms: milliseconds(span.end - span.start),
  failed: span.status.code === 'error',
  message: span.status.message ?? '',
  attributes: Object.fromEntries(
    Object.entries(span.attributes).map(([name, value]) => [name, plain(value)]),
  ),
  events: span.events.map(({ name, at }) => ({ name, offsetMs: milliseconds(at - from) })),
});

const waitJson = ({ wait, waiter, awaited, call }: TracedWait, from: bigint): WaitJson => ({
  id: wait.spanId,
  waiter: waiter?.spanId ?? null,
  text: textOf(wait.attributes, 'cri.wait.behind') || 'another call',
  evidence: textOf(wait.attributes, 'cri.wait.evidence'),
  trace: awaited.traceId,
  span: awaited.spanId,
  times:
    call === null
      ? null
      : { offsetMs: milliseconds(call.start - from), ms: milliseconds(call.end - call.start) },
});

/** Null: nothing of it is there. */
export const answerTrace = async (store: Store, traceId: string): Promise<TraceJson | null> => {
  const { spans, missing } = await store.trace(traceId);
  const [first] = spans;
  if (first === undefined) return null;
  let { end } = first;
  for (const span of spans) if (span.end > end) end = span.end;
  return {
    trace: traceId,
    at: milliseconds(first.start),
    ms: milliseconds(end - first.start),
    spans: spans.map((span) => spanJson(span, first.start)),
    missing,
    related: relatedTo(store.index.symptoms.list(), spans).map(symptomJson),
    waits: (await waitsOf(store, spans)).map((wait) => waitJson(wait, first.start)),
  };
};
