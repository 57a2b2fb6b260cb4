import { hash } from 'node:crypto';
import type { Symptom } from '../calls/unreturned/symptom.ts';
import type { SpanContext } from './call-spans.ts';
import { notAllZeros } from './ids.ts';
import type { AttributeValue, Span } from './span.ts';
import type { SymptomAttributeName } from './symptom-attributes.ts';
import { traceOfCall } from './trace-of-call.ts';

type Said = Partial<Record<SymptomAttributeName, AttributeValue>>;

export type SymptomContext = Pick<SpanContext, 'identity' | 'ids' | 'parentOf' | 'resources'>;

const particulars = (said: Said, found: Symptom): void => {
  switch (found.kind) {
    case 'stuck_call':
      said['cri.stuck.age_ms'] = Number(found.ageNs) / 1e6;
      said['cri.stuck.bound_ms'] = Number(found.boundNs) / 1e6;
      said['cri.stuck.ended'] = found.ended;
      return;
    case 'stream_interval':
      said['cri.response.messages'] = found.messages;
      said['cri.response.size'] = found.bytes;
      return;
    case 'retry_chain':
      said['cri.retry.count'] = found.count;
      said['cri.retry.cause'] = found.cause;
      if (found.outcome !== null) said['cri.retry.outcome'] = found.outcome;
      if (found.zombie === null) return;
      said['cri.zombie'] = found.zombie.evidence !== 'none';
      said['cri.zombie.evidence'] = found.zombie.evidence;
      if (found.zombie.knownUntil !== null)
        said['cri.zombie.at_least_ms'] = Number(found.zombie.knownUntil - found.zombie.since) / 1e6;
      return;
    case 'convoy':
      said['cri.convoy.count'] = found.count;
      said['cri.convoy.methods'] = [...new Set(found.followers.map(({ rpc }) => rpc ?? '?'))];
      said['cri.convoy.passed'] = found.passed;
      said['cri.convoy.still_waiting'] = found.stillWaiting;
      return;
    case 'message_limit':
      said['cri.message.size'] = found.bytes;
      said['cri.list.limit_ratio'] = found.bytes / found.limitBytes;
      if (found.items !== null) said['cri.list.items'] = found.items;
      if (found.refusedBy !== null) said['cri.message.refused_by'] = found.refusedBy;
      return;
    case 'feature_fallback':
      said['cri.feature'] = found.feature;
      said['cri.feature.refusals'] = found.count;
      if (found.instead !== null) said['cri.feature.instead'] = found.instead;
      if (found.sticky !== null) said['cri.feature.sticky'] = found.sticky;
      return;
  }
};

const attributesOf = (found: Symptom): Record<string, AttributeValue> => {
  const [{ rpc, facts }] = found.calls;
  const said: Said = {
    'server.address': found.endpoint,
    'cri.symptom': found.kind,
    'cri.symptom.revision': found.revision,
    'cri.symptom.explanation': found.explanation,
  };
  if (rpc !== null) said['cri.rpc'] = rpc;
  if (facts.pod?.namespace != null) said['k8s.namespace.name'] = facts.pod.namespace;
  if (facts.pod?.name != null) said['k8s.pod.name'] = facts.pod.name;
  if (facts.pod?.uid != null) said['k8s.pod.uid'] = facts.pod.uid;
  if (facts.containerName !== null) said['k8s.container.name'] = facts.containerName;
  particulars(said, found);
  return said;
};

const isError = (found: Symptom): boolean => {
  switch (found.kind) {
    case 'stuck_call':
      return !found.ended;
    case 'retry_chain':
      return found.outcome !== 'succeeded' && found.outcome !== 'not_found';
    case 'message_limit':
      return found.refusedBy !== null;
    default:
      return false;
  }
};

/** What is part of one call stands in that call's trace, under its span. */
const isOfOneCall = ({ kind }: Symptom): boolean => kind === 'stuck_call' || kind === 'stream_interval';

/**
 * One INTERNAL span of the caller. Of a stuck call and of a stream's interval: a child of the call's span, there before
 * the call itself ends. All others are traces of their own, each revision anew, linked to the calls they are about.
 */
export const spansOfSymptom = (found: Symptom, context: SymptomContext): readonly Span[] => {
  const [about] = found.calls;
  const trace = traceOfCall(about, context);
  const digest = hash(
    'sha256',
    `${found.kind}\n${context.identity}\n${trace.clientSpanId}\n${found.start}\n${found.revision}`,
  );
  const parent = isOfOneCall(found) ? trace : null;
  const linked = parent === null ? found.calls.map((call) => traceOfCall(call, context)) : [];
  return [
    {
      traceId: parent?.traceId ?? notAllZeros(digest.slice(0, 32)),
      spanId: notAllZeros(digest.slice(32, 48)),
      parentSpanId: parent?.clientSpanId ?? null,
      parentIsRemote: false,
      traceState: null,
      traceFlags: parent?.traceFlags ?? 1,
      name: `${found.kind.replaceAll('_', ' ')} ${about.rpc ?? 'unknown'}`,
      kind: 'internal',
      start: found.start,
      end: found.end,
      attributes: attributesOf(found),
      status: isError(found)
        ? { code: 'error', message: found.explanation }
        : { code: 'unset', message: null },
      events: [],
      links: linked.map(({ traceId, clientSpanId }) => ({ traceId, spanId: clientSpanId, attributes: {} })),
      resource: context.resources.callerOf(found),
    },
  ];
};
