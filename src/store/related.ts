import type { Span } from '../spans/span.ts';

/** Those of these symptoms that stand in other traces and point at spans of this one. */
export const relatedTo = (symptoms: readonly Span[], spans: readonly Span[]): readonly Span[] => {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return symptoms.filter(
    (symptom) => !ids.has(symptom.spanId) && symptom.links.some(({ spanId }) => ids.has(spanId)),
  );
};
