import type { Round } from '../calls/rounds/round.ts';
import type { Nanos } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';
import { callerJson } from './caller-json.ts';

const ms = (ns: Nanos | null): number | null => (ns === null ? null : Number(ns) / 1e6);

/** Identity: `connection` and `stream`, of the call that it began with. */
export const roundJson = (found: Round, spans: readonly Span[]) => ({
  kind: 'round',
  connection: found.head.connection,
  stream: found.head.stream,
  revision: 0,
  endpoint: found.endpoint,
  caller: callerJson(found.caller),
  round: found.kind,
  start: String(found.start),
  end: String(found.end),
  calls: found.calls,
  errors: found.errors,
  failure: found.failure,
  pods: found.pods,
  sandboxes: found.sandboxes,
  containers: found.containers,
  list_ms: ms(found.listNs),
  fan_out_ms: ms(found.end - found.start - found.listNs),
  interval_ms: ms(found.intervalNs),
  stale_ms: ms(found.staleNs),
  unhealthy: found.isUnhealthy,
  slowest:
    found.slowest === null
      ? null
      : {
          connection: found.slowest.connection,
          stream: found.slowest.stream,
          rpc: found.slowest.rpc,
          subject: found.slowest.subject,
          duration_ms: ms(found.slowest.durationNs),
        },
  explanation: found.explanation,
  trace_id: spans[0]?.traceId ?? null,
  span_id: spans[0]?.spanId ?? null,
});
