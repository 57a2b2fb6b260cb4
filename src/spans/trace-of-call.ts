import type { Call } from '../calls/call.ts';
import type { SpanContext } from './call-spans.ts';
import { parseTraceparent } from './traceparent.ts';

/** Where the spans of a call stand, also before it ends. */
export interface TraceOfCall {
  readonly traceId: string;
  readonly clientSpanId: string;
  readonly serverSpanId: string;
  readonly traceFlags: number;
  readonly traceState: string | null;
}

export const traceOfCall = (
  call: Call,
  { ids, parentOf }: Pick<SpanContext, 'ids' | 'parentOf'>,
): TraceOfCall => {
  const { clientSpanId, serverSpanId } = ids.spansOfCall(call);
  const parent = parseTraceparent(call.traceparent, call.tracestate) ?? parentOf(call);
  return {
    traceId: parent?.traceId ?? ids.traceOfCall(call),
    clientSpanId,
    serverSpanId,
    traceFlags: parent?.traceFlags ?? 1,
    traceState: parent?.traceState ?? null,
  };
};
