import type { Span } from '../../spans/span.ts';
import type { NegotiationJson, OperationJson, SymptomJson } from '../api.ts';
import { milliseconds } from './milliseconds.ts';
import { callerOf, listOf, numberOf, podOf, textOf } from './said.ts';

const common = (span: Span) => ({
  trace: span.traceId,
  at: milliseconds(span.start),
  ms: milliseconds(span.end - span.start),
  failed: span.status.code === 'error',
});

export const operationJson = (span: Span): OperationJson => {
  const { attributes } = span;
  const part = (name: string): number => numberOf(attributes, `cri.operation.${name}_ms`);
  return {
    ...common(span),
    kind: textOf(attributes, 'cri.operation'),
    pod: podOf(attributes),
    container: textOf(attributes, 'k8s.container.name'),
    outcome: textOf(attributes, 'cri.operation.outcome'),
    detail: textOf(attributes, 'cri.operation.detail'),
    startSeen: attributes['cri.operation.start_unknown'] !== true,
    calls: numberOf(attributes, 'cri.operation.calls'),
    parts: {
      sandbox: part('sandbox'),
      imagePull: part('image_pull'),
      containers: part('containers'),
      hooks: part('hooks'),
      init: part('init'),
      pullQueue: part('pull_queue'),
      client: part('client'),
    },
  };
};

export const negotiationJson = (span: Span): NegotiationJson => {
  const { attributes, resource } = span;
  const answered = listOf(attributes, 'cri.negotiation.answered');
  const pid = resource['process.pid'];
  return {
    ...common(span),
    caller: callerOf(resource),
    pid: typeof pid === 'number' ? pid : null,
    userAgent: textOf(attributes, 'user_agent.original'),
    endpoint: textOf(attributes, 'server.address'),
    service: textOf(attributes, 'cri.service'),
    verdict: textOf(attributes, 'cri.negotiation.verdict'),
    deprecated: attributes['cri.negotiation.deprecated'] === true,
    inferred: attributes['cri.negotiation.inferred'] === true,
    previous: textOf(attributes, 'cri.negotiation.previous'),
    attempt: numberOf(attributes, 'cri.negotiation.attempt'),
    explanation: textOf(attributes, 'cri.negotiation.explanation'),
    probes: listOf(attributes, 'cri.negotiation.asked').map((version, nth) => ({
      version,
      status: answered[nth] ?? 'none',
    })),
  };
};

/** Those that end badly first, then what is deprecated, then the rest; the newest of each first. */
export const byUrgency = (one: NegotiationJson, other: NegotiationJson): number => {
  const rank = ({ failed, deprecated }: NegotiationJson): number => (failed ? 0 : deprecated ? 1 : 2);
  return rank(one) - rank(other) || other.at - one.at;
};

export const symptomJson = (span: Span): SymptomJson => {
  const { attributes } = span;
  const evidence = span.links.map(({ traceId }) => traceId);
  return {
    ...common(span),
    kind: textOf(attributes, 'cri.symptom') || 'upgrade',
    caller: callerOf(span.resource),
    method: textOf(attributes, 'cri.rpc'),
    pod: podOf(attributes),
    explanation:
      textOf(attributes, 'cri.symptom.explanation') || textOf(attributes, 'cri.upgrade.explanation'),
    evidence: [...new Set(evidence.length === 0 ? [span.traceId] : evidence)],
  };
};
