import type { AttributeValue, Span } from '../spans/span.ts';

/** The newest word on things that are told more than once. */
export interface Noteworthy {
  add(span: Span): void;
  /** Newest first. */
  list(): readonly Span[];
  find(traceId: string): readonly Span[];
}

const text = (value: AttributeValue | undefined): string => (typeof value === 'string' ? value : '');
const count = (value: AttributeValue | undefined): number => (typeof value === 'number' ? value : 0);

/** One word for a process and an endpoint, however often: each time is a connection of its own. */
const ofProcess: ReadonlySet<string> = new Set(['connection_refused', 'connection_not_http2']);

/**
 * What a later revision has in common with an earlier one. Of a symptom: its kind and the call it is about. Of a
 * negotiation: process, endpoint and service. An operation is told once.
 */
const identityOf = (span: Span): string => {
  const { attributes, resource } = span;
  const symptom = text(attributes['cri.symptom']);
  if (ofProcess.has(symptom))
    return `${symptom} ${text(resource['service.instance.id'])} ${text(attributes['server.address'])}`;
  if (symptom !== '') return `${symptom} ${span.links[0]?.spanId ?? span.parentSpanId ?? span.spanId}`;
  if (attributes['cri.upgrade.over'] !== undefined)
    return `upgrade ${text(attributes['server.address'])} ${span.start}`;
  if (text(attributes['cri.negotiation.verdict']) !== '') {
    const process = text(resource['service.instance.id']) || span.spanId;
    return `${process} ${text(attributes['server.address'])} ${text(attributes['cri.service'])}`;
  }
  return span.spanId;
};

const revisionOf = ({ attributes }: Span): number => count(attributes['cri.symptom.revision']);

/** The newest `limit` of them; `dropped` is called for each that gives way. */
export const createNoteworthy = (limit: number): Noteworthy => {
  // In the order of the last change: the first key is the one that was told of longest ago.
  const spans = new Map<string, Span>();
  return {
    add(span) {
      const identity = identityOf(span);
      const before = spans.get(identity);
      if (before !== undefined && (revisionOf(before) > revisionOf(span) || before.end > span.end)) return;
      spans.delete(identity);
      spans.set(identity, span);
      if (spans.size <= limit) return;
      const oldest = spans.keys().next();
      if (!oldest.done) spans.delete(oldest.value);
    },
    list: () => [...spans.values()].reverse(),
    find: (traceId) => [...spans.values()].filter((span) => span.traceId === traceId),
  };
};
