import type { Call } from '../calls/call.ts';
import type { Attributes, Span } from '../spans/span.ts';

const text = (attributes: Attributes, name: string): string | null => {
  const value = attributes[name];
  return typeof value === 'string' ? value : null;
};

const texts = (attributes: Attributes, name: string): readonly string[] => {
  const value = attributes[name];
  return typeof value === 'object' ? value : [];
};

const number = (attributes: Attributes, name: string): number | null => {
  const value = attributes[name];
  return typeof value === 'number' ? value : null;
};

/** One of the words that may stand there. */
const word = <Word extends string>(value: string | null, words: readonly Word[]): Word | null =>
  words.find((candidate) => candidate === value) ?? null;

const processStart = (attributes: Attributes): bigint | null => {
  const at = Date.parse(text(attributes, 'process.creation.time') ?? '');
  return Number.isNaN(at) ? null : BigInt(at) * 1_000_000n;
};

const resultOf = ({ attributes, status, end }: Span): Call['result'] => {
  const outcome =
    word(text(attributes, 'cri.outcome'), ['finished', 'reset', 'connection_lost', 'in_flight'] as const) ??
    'finished';
  const by = word(text(attributes, 'cri.reset.by'), ['client', 'server'] as const);
  const code = text(attributes, 'cri.reset.code');
  return {
    outcome,
    end: outcome === 'in_flight' ? null : { at: end, sentAt: null },
    responseStart: null,
    status: text(attributes, 'rpc.status_code'),
    statusCode: null,
    statusMessage: status.message,
    reset: by === null ? null : { by, code },
    request: {
      messages: number(attributes, 'cri.request.messages') ?? 0,
      bytes: number(attributes, 'cri.request.size') ?? 0,
    },
    response: {
      messages: number(attributes, 'cri.response.messages') ?? 0,
      bytes: number(attributes, 'cri.response.size') ?? 0,
    },
    responseEncoding: null,
    lostBytes:
      attributes['cri.lost_bytes_unknown'] === true ? null : (number(attributes, 'cri.lost_bytes') ?? 0),
  };
};

const factsOf = ({ attributes }: Span): Call['facts'] => {
  const namespace = text(attributes, 'k8s.namespace.name');
  const name = text(attributes, 'k8s.pod.name');
  const uid = text(attributes, 'k8s.pod.uid');
  const attempt = number(attributes, 'cri.sandbox.attempt');
  return {
    pod: namespace === null && name === null && uid === null ? null : { namespace, name, uid, attempt },
    sandboxId: text(attributes, 'cri.sandbox.id'),
    containerId: text(attributes, 'container.id'),
    containerName: text(attributes, 'k8s.container.name'),
    containerAttempt: number(attributes, 'k8s.container.restart_count'),
    image: text(attributes, 'container.image.name'),
    imageRef: text(attributes, 'cri.image.ref'),
    imageId: text(attributes, 'container.image.id'),
    runtimeHandler: text(attributes, 'cri.runtime_handler'),
    commandDigest: null,
    items: number(attributes, 'cri.list.items'),
    values: {},
  };
};

const callerOf = ({ attributes, resource }: Span): Call['caller'] => ({
  pid: number(resource, 'process.pid'),
  pidStart: processStart(resource),
  uid: number(resource, 'process.user.id'),
  comm: text(resource, 'process.executable.name'),
  cgroup: null,
  userAgent: text(attributes, 'user_agent.original'),
});

/**
 * The call that a CLIENT span was made of, as far as the span says it: what a span does not carry is null. For the
 * printers and the statistics that know calls.
 */
export const callOfSpan = (span: Span): Call => {
  const { attributes } = span;
  const named = text(attributes, 'rpc.method');
  const original = text(attributes, 'rpc.method_original');
  const method = named === '_OTHER' ? original : named;
  const deadlineMs = number(attributes, 'cri.deadline_ms');
  const startKnown = attributes['cri.time.start_unknown'] !== true;
  const result = resultOf(span);
  return {
    connection: number(attributes, 'cri.connection') ?? 0,
    stream: number(attributes, 'cri.stream') ?? 0,
    revision: 0,
    endpoint: text(attributes, 'server.address') ?? '',
    connectionOrdinal: 0,
    method,
    rpc: text(attributes, 'cri.rpc') ?? method?.slice(method.lastIndexOf('/') + 1) ?? null,
    service: word(text(attributes, 'cri.service'), ['RuntimeService', 'ImageService'] as const),
    apiVersion: word(text(attributes, 'cri.api.version'), ['v1', 'v1alpha2'] as const),
    methodSource:
      word(text(attributes, 'cri.method.source'), ['read', 'inferred', 'unknown'] as const) ?? 'unknown',
    methodCandidates: texts(attributes, 'cri.method.candidates'),
    methodConfidence: number(attributes, 'cri.method.confidence'),
    isProbe: false,
    loop: null,
    streaming: false,
    start: startKnown ? span.start : null,
    requestSentAt: null,
    requestReadAt: startKnown ? span.start : null,
    end: result.end === null ? null : span.end,
    responseSentAt: null,
    sentBound: false,
    result,
    timeoutNs: deadlineMs === null ? null : BigInt(Math.round(deadlineMs * 1e6)),
    caller: callerOf(span),
    server: { pid: null, pidStart: null, comm: null },
    authority: null,
    traceparent: null,
    tracestate: null,
    baggageKeys: [],
    facts: factsOf(span),
    identitySource: word(text(attributes, 'cri.identity.source'), ['call', 'cache'] as const),
    operation: null,
    round: null,
    kernel: null,
    unknownFields: number(attributes, 'cri.unknown_fields') ?? 0,
    brokenMessages: number(attributes, 'cri.broken_messages') ?? 0,
    full: null,
  };
};
