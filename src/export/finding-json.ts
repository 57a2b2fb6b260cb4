import type { Call } from '../calls/call.ts';
import type { ConnectionFinding, Finding } from '../calls/finding.ts';
import type { Negotiation } from '../calls/negotiation/finding.ts';
import type { Nanos } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';
import { callerJson } from './caller-json.ts';
import { casualtyJson } from './casualty-json.ts';
import { callerSeenJson } from './census-json.ts';
import { kernelJson } from './kernel-json.ts';
import { operationJson } from './operation-json.ts';
import { roundJson } from './round-json.ts';
import { symptomJson } from './symptom-json.ts';
import { upgradeJson } from './upgrade-json.ts';

const time = (at: Nanos | null): string | null => (at === null ? null : String(at));

const callJson = (call: Call, spans: readonly Span[]) => {
  const { result, facts } = call;
  const client = spans.find((span) => span.kind === 'client') ?? null;
  return {
    kind: 'call',
    connection: call.connection,
    stream: call.stream,
    revision: call.revision,
    endpoint: call.endpoint,
    method: call.method,
    rpc: call.rpc,
    service: call.service,
    api_version: call.apiVersion,
    method_source: call.methodSource,
    method_confidence: call.methodSource === 'inferred' ? call.methodConfidence : null,
    method_candidates: call.methodCandidates,
    outcome: result.outcome,
    reset_by: result.reset?.by ?? null,
    reset_code: result.reset?.code ?? null,
    status: result.status,
    status_message: result.statusMessage,
    start: time(call.start),
    end: result.outcome === 'in_flight' ? null : time(call.end),
    request_bytes: result.request.bytes,
    response_bytes: result.response.bytes,
    request_messages: result.request.messages,
    response_messages: result.response.messages,
    deadline_ms: call.timeoutNs === null ? null : Number(call.timeoutNs) / 1e6,
    caller: callerJson(call.caller),
    pod:
      facts.pod === null
        ? null
        : {
            namespace: facts.pod.namespace,
            name: facts.pod.name,
            uid: facts.pod.uid,
            attempt: facts.pod.attempt,
          },
    sandbox_id: facts.sandboxId,
    container: facts.containerName,
    container_id: facts.containerId,
    image: facts.image,
    runtime_handler: facts.runtimeHandler,
    trace_id: client?.traceId ?? null,
    span_id: client?.spanId ?? null,
    parent_span_id: client?.parentSpanId ?? null,
    lost_bytes: result.lostBytes,
    ...(call.full === null ? {} : { full: call.full }),
  };
};

const connectionJson = (found: ConnectionFinding) => ({
  kind: 'connection',
  finding: found.finding,
  connection: found.connection,
  revision: found.revision,
  endpoint: found.endpoint,
  caller: callerJson(found.caller),
  at: time(found.at),
  count: found.count,
  detail: found.detail,
  explanation: found.explanation,
});

const negotiationJson = (found: Negotiation) => ({
  kind: 'negotiation',
  connection: found.connection,
  revision: found.revision,
  endpoint: found.endpoint,
  service: found.service,
  caller: callerJson(found.caller),
  start: time(found.start),
  end: time(found.end),
  probes: found.probes.map(({ method, status, at }) => ({ method, status, at: time(at) })),
  verdict: found.verdict,
  inferred: found.inferred,
  previous: found.previous,
  count: found.count,
  change: found.change,
  explanation: found.explanation,
});

const findingJson = (finding: Finding, spans: readonly Span[]) => {
  switch (finding.kind) {
    case 'call':
      return callJson(finding.call, spans);
    case 'connection':
      return connectionJson(finding.connection);
    case 'negotiation':
      return negotiationJson(finding.negotiation);
    case 'caller':
      return callerSeenJson(finding.seen);
    case 'round':
      return roundJson(finding.round, spans);
    case 'upgrade':
      return upgradeJson(finding.upgrade, spans);
    case 'symptom':
      return symptomJson(finding.symptom);
    case 'casualty':
      return casualtyJson(finding.casualty, spans);
    case 'kernel':
      return kernelJson(finding.call, finding.story, spans);
    case 'operation':
      return operationJson(finding.operation, spans);
  }
};

/** Whole messages (`--full`) hold 64-bit numbers and bytes, which JSON has no form for. */
const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint'
    ? String(value)
    : value instanceof Uint8Array
      ? Buffer.from(value).toString('base64')
      : value;

/** JSON leaves these as they are, and some terminals obey them: C1 controls and DEL, and the Unicode line ends. */
const unsafe = /[\u007f-\u009f\u2028\u2029]/g;

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One line of `-o json`, without its newline. `spans` are those made of the finding. */
export const findingLine = (finding: Finding, spans: readonly Span[]): string =>
  JSON.stringify(
    findingJson(finding, spans),
    finding.kind === 'call' && finding.call.full !== null ? plain : undefined,
  ).replace(unsafe, escaped);
