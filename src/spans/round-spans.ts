import type { Round } from '../calls/rounds/round.ts';
import type { ResourceBook } from './resources.ts';
import type { RoundAttributeName } from './round-attributes.ts';
import type { RoundIds } from './round-ids.ts';
import type { AttributeValue, Span } from './span.ts';
import { parseTraceparent } from './traceparent.ts';

const ms = (ns: bigint): number => Number(ns) / 1e6;

const attributesOf = (found: Round): Record<string, AttributeValue> => {
  const said: Partial<Record<RoundAttributeName, AttributeValue>> = {
    'server.address': found.endpoint,
    'cri.round': found.kind,
    'cri.round.calls': found.calls,
    'cri.round.errors': found.errors,
    'cri.round.pods': found.pods,
    'cri.round.list_ms': ms(found.listNs),
    'cri.round.fan_out_ms': ms(found.end - found.start - found.listNs),
    'cri.round.explanation': found.explanation,
  };
  if (found.sandboxes !== null) said['cri.round.sandboxes'] = found.sandboxes;
  if (found.containers !== null) said['cri.round.containers'] = found.containers;
  if (found.intervalNs !== null) said['cri.round.interval_ms'] = ms(found.intervalNs);
  if (found.staleNs !== null) said['cri.round.stale_ms'] = ms(found.staleNs);
  if (found.slowest !== null) {
    const { rpc, subject, durationNs } = found.slowest;
    said['cri.round.slowest'] = subject === null ? rpc : `${rpc} ${subject}`;
    said['cri.round.slowest_ms'] = ms(durationNs);
  }
  return said;
};

/** The root span of one round, INTERNAL, of the kubelet. Its calls are children, or, with traces of their own, linked. */
export const spansOfRound = (found: Round, rounds: RoundIds, resources: ResourceBook): readonly Span[] => {
  const ids = rounds.of(found.head);
  return [
    {
      traceId: ids.traceId,
      spanId: ids.spanId,
      parentSpanId: null,
      parentIsRemote: false,
      traceState: null,
      traceFlags: 1,
      name: found.kind.replaceAll('_', ' '),
      kind: 'internal',
      start: found.start,
      end: found.end,
      attributes: attributesOf(found),
      status:
        found.errors > 0 || found.isUnhealthy
          ? { code: 'error', message: found.explanation }
          : { code: 'unset', message: null },
      events: [],
      links: found.traceparents.flatMap((traceparent) => {
        const parent = parseTraceparent(traceparent, null);
        return parent === null ? [] : [{ traceId: parent.traceId, spanId: parent.spanId, attributes: {} }];
      }),
      resource: resources.callerOf(found),
    },
  ];
};
