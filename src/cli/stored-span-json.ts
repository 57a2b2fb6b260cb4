import type { Attributes, Span } from '../spans/span.ts';

const own = (attributes: Attributes) => ({ ...attributes });

/** A span at rest for a program: its times as strings, its attributes by the names of OpenTelemetry. */
export const storedSpanLine = (span: Span): string =>
  JSON.stringify({
    kind: 'span',
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_span_id: span.parentSpanId,
    name: span.name,
    span_kind: span.kind,
    start: String(span.start),
    end: String(span.end),
    error: span.status.code === 'error',
    status_message: span.status.message,
    attributes: own(span.attributes),
    events: span.events.map(({ name, at, attributes }) => ({
      name,
      at: String(at),
      attributes: own(attributes),
    })),
    links: span.links.map(({ traceId, spanId }) => ({ trace_id: traceId, span_id: spanId })),
    resource: own(span.resource),
  });
