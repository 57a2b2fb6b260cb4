import type { Attributes, Span } from '../spans/span.ts';

/** Ids, times, kind and the framing of a span. */
const spanBytes = 120;
/** Framing of one attribute and a number in it. */
const attributeBytes = 24;
/** A character of UTF-16 takes at most three bytes of UTF-8. */
const bytesPerCharacter = 3;

const attributesSize = (attributes: Attributes): number => {
  let size = 0;
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    size += attributeBytes + name.length;
    if (typeof value === 'string') size += value.length * bytesPerCharacter;
    else if (typeof value === 'object') for (const item of value) size += item.length * bytesPerCharacter + 4;
  }
  return size;
};

/** An upper bound of what a span adds to an OTLP request, as if it came with a resource of its own. */
export const createSpanSize = (): ((span: Span) => number) => {
  const resources = new WeakMap<Attributes, number>();
  const resourceSize = (resource: Attributes): number => {
    const known = resources.get(resource);
    if (known !== undefined) return known;
    const size = attributesSize(resource);
    resources.set(resource, size);
    return size;
  };
  return (span) => {
    let size = spanBytes + (span.name.length + (span.status.message?.length ?? 0)) * bytesPerCharacter;
    size += (span.traceState?.length ?? 0) + attributesSize(span.attributes) + resourceSize(span.resource);
    for (const { name, attributes } of span.events)
      size += spanBytes + name.length * bytesPerCharacter + attributesSize(attributes);
    for (const { attributes } of span.links) size += spanBytes + attributesSize(attributes);
    return size;
  };
};
