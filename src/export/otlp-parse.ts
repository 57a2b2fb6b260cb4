import type { Attributes, AttributeValue, Span } from '../spans/span.ts';

type Json = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const record = (value: unknown): Json => (isRecord(value) ? value : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

const kinds: Readonly<Record<number, Span['kind']>> = { 1: 'internal', 2: 'server', 3: 'client' };
const errorCode = 2;
const remoteFlag = 0x200;

const nanos = (value: unknown): bigint | null => {
  const digits = typeof value === 'number' ? String(value) : text(value);
  return /^\d{1,20}$/.test(digits) ? BigInt(digits) : null;
};

const attributeValue = (any: Json): AttributeValue | null => {
  if (typeof any.stringValue === 'string') return any.stringValue;
  if (typeof any.boolValue === 'boolean') return any.boolValue;
  const number = any.intValue ?? any.doubleValue;
  if (typeof number === 'number') return number;
  if (typeof number === 'string' && number !== '') return Number(number);
  if (isRecord(any.arrayValue))
    return list(any.arrayValue.values).map((item) => text(record(item).stringValue));
  return null;
};

const attributesOf = (pairs: unknown): Attributes => {
  const attributes: [string, AttributeValue][] = [];
  for (const pair of list(pairs)) {
    const { key, value } = record(pair);
    const read = attributeValue(record(value));
    if (typeof key === 'string' && read !== null) attributes.push([key, read]);
  }
  // `fromEntries` defines keys: one that is called `__proto__` stays a key.
  return Object.fromEntries(attributes);
};

const spanOf = (span: Json, resource: Attributes): Span | null => {
  const start = nanos(span.startTimeUnixNano);
  const end = nanos(span.endTimeUnixNano);
  const traceId = text(span.traceId);
  const spanId = text(span.spanId);
  const kind = typeof span.kind === 'number' ? kinds[span.kind] : undefined;
  if (start === null || end === null || kind === undefined) return null;
  if (!/^[0-9a-f]{32}$/.test(traceId) || !/^[0-9a-f]{16}$/.test(spanId)) return null;
  const status = record(span.status);
  const flags = typeof span.flags === 'number' ? span.flags : 1;
  return {
    traceId,
    spanId,
    parentSpanId: textOrNull(span.parentSpanId),
    parentIsRemote: (flags & remoteFlag) !== 0,
    traceState: textOrNull(span.traceState),
    traceFlags: flags & 0xff,
    name: text(span.name),
    kind,
    start,
    end,
    attributes: attributesOf(span.attributes),
    status: { code: status.code === errorCode ? 'error' : 'unset', message: textOrNull(status.message) },
    events: list(span.events).flatMap((event) => {
      const { name, timeUnixNano, attributes } = record(event);
      const at = nanos(timeUnixNano);
      return at === null ? [] : [{ name: text(name), at, attributes: attributesOf(attributes) }];
    }),
    links: list(span.links).map((link) => {
      const { traceId: linkedTrace, spanId: linkedSpan, attributes } = record(link);
      return { traceId: text(linkedTrace), spanId: text(linkedSpan), attributes: attributesOf(attributes) };
    }),
    resource,
  };
};

/** The spans of one line of the OTLP file format; null where the line is not one. A span that cannot be read is left out. */
export const parseOtlpLine = (line: string): readonly Span[] | null => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isRecord(parsed) || !Array.isArray(parsed.resourceSpans)) return null;
  return parsed.resourceSpans.flatMap((entry: unknown) => {
    const ofResource = record(entry);
    const resource = attributesOf(record(ofResource.resource).attributes);
    return list(ofResource.scopeSpans).flatMap((ofScope) =>
      list(record(ofScope).spans).flatMap((span) => spanOf(record(span), resource) ?? []),
    );
  });
};
