import type { Call } from '../calls/call.ts';
import type { SpanAttributeName } from './attributes.ts';
import type { Attributes, AttributeValue } from './span.ts';
import type { CallTimes } from './times.ts';

/** How the calls were observed. */
export type ObservationMode = 'tap' | 'proxy' | 'replay';

/** Null: not said. */
type Said = Readonly<Partial<Record<SpanAttributeName, AttributeValue | null>>>;

/** Characters of one text that a peer chose. */
export const textLimit = 2_048;

/** Method-specific values of one call that become attributes; a row of the method table keeps far fewer. */
const valuesLimit = 64;

const cut = (value: AttributeValue): AttributeValue =>
  typeof value === 'string' && value.length > textLimit ? value.slice(0, textLimit) : value;

const put = (into: Record<string, AttributeValue>, said: Said): void => {
  for (const [name, value] of Object.entries(said)) {
    if (value !== null && value !== '') into[name] = cut(value);
  }
};

export interface MethodNaming {
  readonly spanName: string;
  readonly method: string;
  readonly original: string | null;
}

/** `_OTHER` keeps span names few: a peer can ask for any path. */
export const nameOf = (call: Call, recognises: (method: string) => boolean): MethodNaming =>
  call.method !== null && recognises(call.method)
    ? { spanName: call.method, method: call.method, original: null }
    : { spanName: 'grpc', method: '_OTHER', original: call.method };

const identity = (call: Call): Said => ({
  'k8s.namespace.name': call.facts.pod?.namespace ?? null,
  'k8s.pod.name': call.facts.pod?.name ?? null,
  'k8s.pod.uid': call.facts.pod?.uid ?? null,
  'k8s.container.name': call.facts.containerName,
  'k8s.container.restart_count': call.facts.containerAttempt,
  'container.id': call.facts.containerId,
  'container.image.name': call.facts.image,
  'container.image.id': call.facts.imageId,
  'cri.image.ref': call.facts.imageRef,
  'cri.sandbox.id': call.facts.sandboxId,
  'cri.sandbox.attempt': call.facts.pod?.attempt ?? null,
  'cri.runtime_handler': call.facts.runtimeHandler,
});

const onBoth = (call: Call, naming: MethodNaming, times: CallTimes): Said => ({
  'rpc.system.name': 'grpc',
  'rpc.method': naming.method,
  'rpc.method_original': naming.original,
  'rpc.status_code': call.result.status,
  'network.transport': 'unix',
  'cri.rpc': naming.original === null ? call.rpc : null,
  'cri.service': call.service,
  'cri.api.version': call.apiVersion,
  'cri.outcome': call.result.outcome,
  'cri.time.source': times.source,
  'cri.time.clamped': times.clamped ? true : null,
  'cri.time.start_unknown': times.startKnown ? null : true,
});

const onClient = (call: Call, mode: ObservationMode): Said => ({
  'server.address': call.endpoint,
  'network.peer.address': call.endpoint,
  'user_agent.original': call.caller.userAgent,
  'cri.method.source': call.methodSource,
  'cri.method.confidence': call.methodSource === 'inferred' ? call.methodConfidence : null,
  'cri.reset.by': call.result.reset?.by ?? null,
  'cri.reset.code': call.result.reset?.code ?? null,
  'cri.request.size': call.result.request.bytes,
  'cri.response.size': call.result.response.bytes,
  'cri.request.messages': call.result.request.messages,
  'cri.response.messages': call.result.response.messages,
  'cri.list.items': call.facts.items,
  'cri.deadline_ms': call.timeoutNs === null ? null : Number(call.timeoutNs) / 1e6,
  'cri.lost_bytes': call.result.lostBytes === 0 ? null : call.result.lostBytes,
  'cri.lost_bytes_unknown': call.result.lostBytes === null ? true : null,
  'cri.broken_messages': call.brokenMessages === 0 ? null : call.brokenMessages,
  'cri.unknown_fields': call.unknownFields === 0 ? null : call.unknownFields,
  'cri.connection': call.connection,
  'cri.stream': call.stream,
  'cri.observation.mode': mode,
});

export interface CallAttributes {
  readonly client: Attributes;
  readonly server: Attributes;
}

/** What both spans of a call say; `error.type` is left to their statuses. */
export const attributesOfCall = (
  call: Call,
  naming: MethodNaming,
  times: CallTimes,
  mode: ObservationMode,
): CallAttributes => {
  const both: Record<string, AttributeValue> = {};
  put(both, onBoth(call, naming, times));
  put(both, identity(call));
  const client: Record<string, AttributeValue> = { ...both };
  put(client, onClient(call, mode));
  for (const [name, value] of Object.entries(call.facts.values).slice(0, valuesLimit)) {
    // A value never takes the place of what critrace itself says.
    if (!Object.hasOwn(client, `cri.${name}`)) client[`cri.${name}`] = cut(value);
  }
  put(both, { 'server.address': call.authority });
  return { client, server: both };
};
