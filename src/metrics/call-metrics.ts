import type { Call } from '../calls/call.ts';
import { programOf } from '../calls/caller.ts';
import { featureOf } from '../calls/fallbacks/features.ts';
import { endOfTry } from '../calls/unreturned/given-up.ts';
import type { Nanos } from '../foundation/time.ts';
import { nameOf } from '../spans/call-attributes.ts';
import type { Span } from '../spans/span.ts';
import { clientStatus, type SpanStatus, serverStatus } from '../spans/status.ts';
import { timesOfCall } from '../spans/times.ts';
import type { Exemplar, MetricBook } from './book.ts';
import type { BoundedNames } from './bounded-names.ts';
import { other } from './instruments/instrument.ts';

export interface CallMetrics {
  /**
   * What an ended call adds to the metrics, told once: a revision of it cannot be taken back there. Its spans are for exemplars
   * alone: of a call that is left out of the traces there are none.
   */
  ended(call: Call, spans: readonly Span[]): void;
}

export const exemplarOf = ({ traceId, spanId }: Span): Exemplar => ({ traceId, spanId });

export const secondsBetween = (start: Nanos, end: Nanos): number => Number(end - start) / 1e9;

const sampledFlag = 1;

/** Statuses and error types without a name carry a number of the peer's choice. */
const named = (value: string): string => (value.includes('CODE_') ? other : value);

/** The method as spans name it, so that a metric leads to its spans: `_OTHER` for what is not of the CRI. */
export const methodOf = (call: Pick<Call, 'method'>, recognises: (method: string) => boolean): string =>
  nameOf(call, recognises).method;

export interface CallMetricsOptions {
  readonly book: MetricBook;
  readonly endpoints: BoundedNames;
  readonly callers: BoundedNames;
  readonly recognises: (method: string) => boolean;
  readonly samplesRounds: () => boolean;
  readonly largest: (method: string, bytes: number, at: Nanos) => void;
}

export const createCallMetrics = (options: CallMetricsOptions): CallMetrics => {
  const { book, endpoints, callers, recognises, largest, samplesRounds } = options;

  /** Null where it is not known that the span will be exported: an exemplar is to lead somewhere. */
  const exemplar = (call: Call, span: Span): Exemplar | null => {
    const mayBeLeftOut =
      call.round !== null && call.operation?.role !== 'part' && span.status.code !== 'error';
    const isSampled = (span.traceFlags & sampledFlag) !== 0;
    return samplesRounds() && (mayBeLeftOut || !isSampled) ? null : exemplarOf(span);
  };

  const exemplarAmong = (call: Call, spans: readonly Span[], kind: Span['kind']): Exemplar | null => {
    const span = spans.find((one) => one.kind === kind);
    return span === undefined ? null : exemplar(call, span);
  };

  const durations = (call: Call, method: string, spans: readonly Span[]): void => {
    // A start that was not seen makes a duration that is too short.
    const times = call.start === null ? null : timesOfCall(call, null);
    if (times === null) return;
    const labelsOf = ({ errorType }: SpanStatus) => ({
      rpc_system_name: 'grpc',
      rpc_method: method,
      rpc_status_code: named(call.result.status ?? ''),
      error_type: named(errorType ?? ''),
    });
    book.observe(
      'rpc_client_call_duration_seconds',
      { ...labelsOf(clientStatus(call)), server_address: endpoints(call.endpoint) },
      secondsBetween(times.client.start, times.client.end),
      exemplarAmong(call, spans, 'client'),
    );
    book.observe(
      'rpc_server_call_duration_seconds',
      labelsOf(serverStatus(call)),
      secondsBetween(times.server.start, times.server.end),
      exemplarAmong(call, spans, 'server'),
    );
  };

  const sizes = (call: Call, method: string): void => {
    const { request, response } = call.result;
    const labels = { rpc_method: method };
    if (request.messages > 0) book.observe('cri_request_size_bytes', labels, request.bytes);
    if (response.messages > 0) book.observe('cri_response_size_bytes', labels, response.bytes);
    if (response.messages === 1 && call.end !== null) largest(method, response.bytes, call.end);
    if (call.facts.items !== null) book.observe('cri_list_items', labels, call.facts.items);
  };

  return {
    ended(call, spans) {
      if (call.revision > 0 || call.end === null) return;
      const method = methodOf(call, recognises);
      book.add('critrace_calls_total', { method_source: call.methodSource });
      if (call.service !== null)
        book.add('cri_calls_total', {
          service: call.service,
          api_version: call.apiVersion ?? 'unknown',
          caller: callers(programOf(call.caller.comm)),
        });
      durations(call, method, spans);
      sizes(call, method);
      if (endOfTry(call) === 'deadline') book.add('cri_deadline_exceeded_total', { rpc_method: method });
      const feature = call.rpc === null || call.service === null ? null : featureOf(call.rpc);
      if (feature?.isRefused(call))
        book.add('cri_feature_refusals_total', { feature: feature.name, rpc_method: method });
    },
  };
};
