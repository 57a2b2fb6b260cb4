import { hash } from 'node:crypto';
import type { Call } from '../calls/call.ts';
import type { Negotiation } from '../calls/negotiation/finding.ts';
import type { CrashLoop } from '../calls/negotiation/predecessors.ts';
import type { CriService } from '../calls/negotiation/verdict.ts';
import { notAllZeros } from './ids.ts';
import type { NegotiationAttributeName } from './negotiation-attributes.ts';
import type { ResourceBook } from './resources.ts';
import type { AttributeValue, Span } from './span.ts';
import type { SpanParent } from './traceparent.ts';

interface Parties {
  readonly endpoint: string;
  readonly service: CriService;
  readonly caller: Pick<Negotiation['caller'], 'pid' | 'pidStart'>;
  readonly connection: number;
}

interface NegotiationIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** Of the negotiation of one process for one service; a later verdict is a trace of its own, linked to the first. */
const idsOf = (
  identity: string,
  { endpoint, service, caller, connection }: Parties,
  revision: number,
): NegotiationIds => {
  const { pid, pidStart } = caller;
  const process = pid === null ? `connection ${connection}` : `${pid} ${pidStart}`;
  const digest = hash('sha256', `negotiation\n${identity}\n${endpoint}\n${service}\n${process}\n${revision}`);
  return { traceId: notAllZeros(digest.slice(0, 32)), spanId: notAllZeros(digest.slice(32, 48)) };
};

/** Of what goes on with a crash loop: one trace for all of it, that of the first process. */
const loopTraceOf = (identity: string, parties: Parties, { first }: CrashLoop): NegotiationIds =>
  idsOf(identity, { ...parties, caller: first, connection: first.connection }, 0);

/** The negotiation that a call without a `traceparent` is a step of; null: it is none. */
export const negotiationParentOf = (identity: string, call: Call): SpanParent | null => {
  if (!call.isProbe || call.service === null) return null;
  const parties = { ...call, service: call.service };
  const ids = idsOf(identity, parties, 0);
  const traceId = call.loop === null ? ids.traceId : loopTraceOf(identity, parties, call.loop).traceId;
  return { traceId, spanId: ids.spanId, traceFlags: 1, traceState: null, isRemote: false };
};

const versionOf = (method: string): string => method.split('.')[1] ?? method;

const failed: ReadonlySet<string> = new Set(['gave_up', 'version_refused_after_upgrade']);

const isDeprecated = ({ verdict, version }: Negotiation): boolean =>
  verdict === 'v1alpha2' || verdict === 'fell_back_to_v1alpha2' || version === 'v1alpha2';

const attributesOf = (found: Negotiation): Record<string, AttributeValue> => {
  const attributes: Partial<Record<NegotiationAttributeName, AttributeValue>> = {
    'server.address': found.endpoint,
    'cri.service': found.service,
    'cri.negotiation.verdict': found.verdict,
    'cri.negotiation.asked': found.probes.map(({ method }) => versionOf(method)),
    'cri.negotiation.answered': found.probes.map(({ status }) => status ?? 'none'),
    'cri.negotiation.deprecated': isDeprecated(found),
    'cri.negotiation.attempt': found.count,
    'cri.negotiation.sticky': found.verdict === 'version_refused_after_upgrade',
    'cri.negotiation.inferred': found.inferred,
    'cri.negotiation.change': found.change,
    'cri.negotiation.explanation': found.explanation,
  };
  if (found.version !== null) attributes['cri.api.version'] = found.version;
  if (found.previous !== null) attributes['cri.negotiation.previous'] = found.previous;
  return attributes;
};

/** To what was told of the same process first, and to the process before it. */
const linksOf = (found: Negotiation, identity: string, first: NegotiationIds): Span['links'] => {
  if (found.revision > 0) return [{ ...first, attributes: {} }];
  const { predecessor } = found;
  if (predecessor === null || found.loop !== null) return [];
  const before = idsOf(
    identity,
    { ...found, caller: predecessor, connection: predecessor.connection },
    predecessor.revision,
  );
  return [{ ...before, attributes: {} }];
};

/** One INTERNAL span of the caller: the probes are its children. A verdict that changed is linked to the first one. */
export const spansOfNegotiation = (
  found: Negotiation,
  identity: string,
  resources: ResourceBook,
): readonly Span[] => {
  const ids = idsOf(identity, found, found.revision);
  const first = idsOf(identity, found, 0);
  const loop = found.loop === null ? null : loopTraceOf(identity, found, found.loop);
  return [
    {
      traceId: found.revision === 0 && loop !== null ? loop.traceId : ids.traceId,
      spanId: ids.spanId,
      parentSpanId: found.revision === 0 && loop !== null ? loop.spanId : null,
      parentIsRemote: false,
      traceState: null,
      traceFlags: 1,
      name: `negotiate ${found.service}`,
      kind: 'internal',
      // The evidence of a later verdict is one moment, long after the first.
      start: found.revision === 0 ? found.start : found.end,
      end: found.end,
      attributes: attributesOf(found),
      status: failed.has(found.verdict)
        ? { code: 'error', message: found.explanation }
        : { code: 'unset', message: null },
      events: [],
      links: linksOf(found, identity, first),
      resource: resources.callerOf(found),
    },
  ];
};
