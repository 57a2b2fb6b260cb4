import type { Nanos } from '../foundation/time.ts';
import type { AttributeValue, Span } from '../spans/span.ts';

/** `part`: the line holds spans of a trace of which it holds no other row. */
export const rowKinds = ['call', 'operation', 'round', 'upgrade', 'negotiation', 'symptom', 'part'] as const;
export type RowKind = (typeof rowKinds)[number];

/** All but `part`: what a person may ask for. */
export const foundKinds: readonly RowKind[] = rowKinds.filter((kind) => kind !== 'part');

/** What the index knows of one span; the rest is in its line. Texts are empty where nothing is known. */
export interface Row {
  readonly kind: RowKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly start: Nanos;
  readonly durationNs: Nanos;
  /** Of a call its method, or the few that it may be of with `|` between; the kind of an operation; the service of a negotiation; the method of a symptom. */
  readonly method: string;
  /** Of a call its gRPC status, else how it ended; outcome, verdict, or kind of symptom. */
  readonly status: string;
  /** `namespace/name`. */
  readonly pod: string;
  /** Container or image. */
  readonly subject: string;
  readonly caller: string;
  readonly failed: boolean;
}

const text = (value: AttributeValue | undefined): string => (typeof value === 'string' ? value : '');

const podOf = ({ attributes }: Span): string => {
  const name = text(attributes['k8s.pod.name']);
  const uid = text(attributes['k8s.pod.uid']);
  if (name === '' && uid === '') return '';
  return `${text(attributes['k8s.namespace.name']) || '?'}/${name || uid}`;
};

const methodOf = ({ attributes }: Span): string => {
  const method = text(attributes['rpc.method']);
  if (method !== '' && method !== '_OTHER') return method;
  const candidates = attributes['cri.method.candidates'];
  const few = typeof candidates === 'object' ? candidates.join('|') : '';
  return text(attributes['rpc.method_original']) || text(attributes['cri.rpc']) || few || '(unknown)';
};

const callStatus = ({ attributes }: Span): string => {
  const outcome = text(attributes['cri.outcome']);
  return text(attributes['rpc.status_code']) || (outcome === 'finished' ? 'none' : outcome);
};

const callerOf = ({ attributes, resource }: Span): string =>
  text(resource['process.executable.name']) ||
  text(resource['service.name']) ||
  text(attributes['user_agent.original']);

const common = (span: Span) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  start: span.start,
  durationNs: span.end > span.start ? span.end - span.start : 0n,
  pod: podOf(span),
  subject: text(span.attributes['k8s.container.name']) || text(span.attributes['container.image.name']),
  caller: callerOf(span),
});

/** The attributes by which they are known, and that say what they are. */
const internalKinds = [
  { kind: 'operation', method: 'cri.operation', status: 'cri.operation.outcome' },
  { kind: 'negotiation', method: 'cri.service', status: 'cri.negotiation.verdict' },
  { kind: 'symptom', method: 'cri.rpc', status: 'cri.symptom' },
] as const;

/** Which row a span has; null for one that is a part of another's trace (server, gaps, kernel). */
export const rowOf = (span: Span): Row | null => {
  const { attributes } = span;
  const failed = span.status.code === 'error';
  if (span.kind === 'client') {
    const status = callStatus(span);
    return { ...common(span), kind: 'call', method: methodOf(span), status, failed };
  }
  for (const { kind, method, status } of internalKinds) {
    const said = text(attributes[status]);
    if (said === '') continue;
    // What the kernel did to a container is about no method.
    const what = text(attributes[method]) || (kind === 'symptom' ? span.name : '(unknown)');
    return { ...common(span), kind, method: what, status: said, failed };
  }
  const round = text(attributes['cri.round']);
  if (round !== '') return { ...common(span), kind: 'round', method: round, status: '', failed };
  const over = attributes['cri.upgrade.over'];
  if (over === undefined) return null;
  const status = over === true ? 'over' : 'going_on';
  return { ...common(span), kind: 'upgrade', method: 'upgrade', status, failed };
};

/** The row of spans whose line holds no other row of their trace. */
export const partRow = (span: Span): Row => ({
  ...common(span),
  kind: 'part',
  method: span.name,
  status: '',
  failed: span.status.code === 'error',
});

/** `runtime.v1.RuntimeService/Status` is `Status`. */
export const shortMethod = (method: string): string => method.slice(method.lastIndexOf('/') + 1);
