import type { Call } from '../calls/call.ts';
import type { Nanos } from '../foundation/time.ts';
import { attributesOfCall, nameOf, type Telling } from './call-attributes.ts';
import type { Ids } from './ids.ts';
import { kernelSpanEvents, kernelTotals } from './kernel-totals.ts';
import type { SpanCounters } from './limits.ts';
import type { ResourceBook } from './resources.ts';
import type { Span } from './span.ts';
import { clientStatus, serverStatus } from './status.ts';
import { timesOfCall } from './times.ts';
import { parseTraceparent, type SpanParent } from './traceparent.ts';

export interface SpanContext extends Telling {
  /** Of the host, or of the capture in a replay: span ids are derived from it. */
  readonly identity: string;
  readonly ids: Ids;
  readonly resources: ResourceBook;
  /** Is it a method of the CRI? The names of all others stay out of span names. */
  readonly recognises: (method: string) => boolean;
  /** The parent of a call that carries no `traceparent`; null: the call is a trace of its own. */
  readonly parentOf: (call: Call) => SpanParent | null;
  /** What a call belongs to without being its child. */
  readonly linksOf: (call: Call, hasOwnTrace: boolean) => Span['links'];
  /** When the input ended: where the spans of calls still in flight end. Null while it goes on. */
  readonly endOfInput: Nanos | null;
  readonly counters: SpanCounters;
}

const sampledFlag = 1;
const none: readonly never[] = [];

/**
 * A CLIENT span of the caller with a SERVER child of the runtime. Empty for a call that has no time to show: one in
 * flight while the input goes on, or one that was never seen to begin, answer or end.
 */
export const spansOfCall = (call: Call, context: SpanContext): readonly Span[] => {
  const times = timesOfCall(call, context.endOfInput);
  if (times === null) {
    context.counters.callsWithoutTimes++;
    return [];
  }
  const carried = parseTraceparent(call.traceparent, call.tracestate);
  if (call.traceparent !== null && carried === null) context.counters.badTraceparents++;
  const parent = carried ?? context.parentOf(call);
  const ids = context.ids.spansOfCall(call);
  const naming = nameOf(call, context.recognises);
  const ofClient = clientStatus(call);
  const ofServer = serverStatus(call);
  const attributes = attributesOfCall(call, naming, times, context, {
    client: ofClient.errorType,
    server: ofServer.errorType,
  });
  const traceId = parent?.traceId ?? context.ids.traceOfCall(call);
  const traceFlags = parent?.traceFlags ?? sampledFlag;
  const traceState = parent?.traceState ?? null;
  context.counters.spans += 2;
  if (times.clamped) context.counters.clamped++;
  // Written out: literals with spreads in them cost a fifth of all the time from wire to spans.
  return [
    {
      traceId,
      spanId: ids.clientSpanId,
      parentSpanId: parent?.spanId ?? null,
      parentIsRemote: parent?.isRemote ?? false,
      traceState,
      traceFlags,
      name: naming.spanName,
      kind: 'client',
      start: times.client.start,
      end: times.client.end,
      attributes: attributes.client,
      status: ofClient.status,
      events: none,
      links: context.linksOf(call, carried !== null),
      resource: context.resources.callerOf(call),
    },
    {
      traceId,
      spanId: ids.serverSpanId,
      parentSpanId: ids.clientSpanId,
      // The runtime is another process than the caller.
      parentIsRemote: true,
      traceState,
      traceFlags,
      name: naming.spanName,
      kind: 'server',
      start: times.server.start,
      end: times.server.end,
      attributes:
        call.kernel === null ? attributes.server : { ...attributes.server, ...kernelTotals(call.kernel) },
      status: ofServer.status,
      events: call.kernel === null ? none : kernelSpanEvents(call.kernel),
      links: none,
      resource: context.resources.runtimeOf(call),
    },
  ];
};
