import type { resources, tracing } from '@opentelemetry/sdk-node';
import { toHrTime } from '../foundation/time.ts';
import type { Attributes, AttributeValue, Span } from '../spans/span.ts';
import type { ExportCounters } from './counters.ts';
import type { Otel } from './otel.ts';
import type { SpanLimits } from './span-limits.ts';

type ReadableSpan = tracing.ReadableSpan;
type Context = ReturnType<ReadableSpan['spanContext']>;

/** Semantic conventions that the attributes follow. */
export const schemaUrl = 'https://opentelemetry.io/schemas/1.45.0';

/** `SpanKind` of the OpenTelemetry API. */
const kinds = { internal: 0, server: 1, client: 2 } as const;

/** `SpanStatusCode` of the OpenTelemetry API. */
const statusCodes = { unset: 0, error: 2 } as const;

interface Limited {
  readonly attributes: Readonly<Record<string, string | number | boolean | string[]>>;
  readonly dropped: number;
}

/** Nothing to cut, to count or to copy. */
const isPlain = (
  attributes: Attributes,
  count: number,
): attributes is Readonly<Record<string, string | number | boolean>> => {
  let size = 0;
  for (const name in attributes) if (typeof attributes[name] === 'object' || ++size > count) return false;
  return true;
};

export type ToReadable = (span: Span) => ReadableSpan;

/** Spans in the form that the packages of OpenTelemetry take. Spans that share a resource go on sharing one. */
export const createToReadable = (
  otel: Pick<Otel, 'resources' | 'traceState'>,
  version: string,
  limits: SpanLimits,
  counters: ExportCounters,
): ToReadable => {
  const made = new WeakMap<Attributes, resources.Resource>();
  const instrumentationScope = { name: 'critrace', version, schemaUrl };
  const { valueLength } = limits;

  const cutText = (text: string): string => {
    if (valueLength === null || text.length <= valueLength) return text;
    counters.attributesCut++;
    return text.slice(0, valueLength);
  };
  const cut = (value: AttributeValue): string | number | boolean | string[] => {
    if (typeof value === 'object') return value.map(cutText);
    return typeof value === 'string' ? cutText(value) : value;
  };

  const limited = (attributes: Attributes, count: number): Limited => {
    if (valueLength === null && isPlain(attributes, count)) return { attributes, dropped: 0 };
    const kept: [string, string | number | boolean | string[]][] = [];
    let dropped = 0;
    for (const [name, value] of Object.entries(attributes)) {
      if (kept.length < count) kept.push([name, cut(value)]);
      else dropped++;
    }
    counters.attributesDropped += dropped;
    // Not by assignment: an attribute may be called `__proto__`.
    return { attributes: Object.fromEntries(kept), dropped };
  };

  const resourceOf = (attributes: Attributes): resources.Resource => {
    const found = made.get(attributes);
    if (found !== undefined) return found;
    const resource = otel.resources.resourceFromAttributes(
      limited(attributes, limits.attributes).attributes,
      { schemaUrl },
    );
    made.set(attributes, resource);
    return resource;
  };

  return (span) => {
    const { attributes, dropped } = limited(span.attributes, limits.attributes);
    const events = span.events.slice(0, limits.events);
    const links = span.links.slice(0, limits.links);
    const droppedEventsCount = span.events.length - events.length;
    const droppedLinksCount = span.links.length - links.length;
    counters.eventsDropped += droppedEventsCount;
    counters.linksDropped += droppedLinksCount;
    const traceState = span.traceState === null ? undefined : otel.traceState(span.traceState);
    const context: Context = {
      traceId: span.traceId,
      spanId: span.spanId,
      traceFlags: span.traceFlags,
      ...(traceState === undefined ? {} : { traceState }),
    };
    return {
      name: span.name,
      kind: kinds[span.kind],
      spanContext: () => context,
      ...(span.parentSpanId === null
        ? {}
        : {
            parentSpanContext: {
              traceId: span.traceId,
              spanId: span.parentSpanId,
              traceFlags: span.traceFlags,
              isRemote: span.parentIsRemote,
            },
          }),
      startTime: toHrTime(span.start),
      endTime: toHrTime(span.end),
      duration: toHrTime(span.end - span.start),
      status: {
        code: statusCodes[span.status.code],
        ...(span.status.message === null ? {} : { message: span.status.message }),
      },
      attributes,
      events: events.map((event) => ({
        name: event.name,
        time: toHrTime(event.at),
        attributes: limited(event.attributes, limits.eventAttributes).attributes,
      })),
      links: links.map((link) => ({
        context: { traceId: link.traceId, spanId: link.spanId, traceFlags: 1 },
        attributes: limited(link.attributes, limits.linkAttributes).attributes,
      })),
      ended: true,
      resource: resourceOf(span.resource),
      instrumentationScope,
      droppedAttributesCount: dropped,
      droppedEventsCount,
      droppedLinksCount,
    };
  };
};
