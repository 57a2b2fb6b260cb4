import type { Call } from '../calls/call.ts';
import type { SpanAttributeName } from './attributes.ts';
import type { Attributes, AttributeValue } from './span.ts';
import type { CallTimes } from './times.ts';

/** How the calls were observed. */
export type ObservationMode = 'tap' | 'proxy' | 'replay';

/** What is the same for all calls of a source. */
export interface Telling {
  readonly mode: ObservationMode;
  /** The attribute of a method's own value; null: it must not be said. */
  readonly valueName: (value: string) => string | null;
}

/** Of the table only, so that none goes undocumented. */
type Said = Partial<Record<SpanAttributeName, AttributeValue>>;

/** Characters of one text that a peer chose. */
export const textLimit = 2_048;

/** Method-specific values of one call that become attributes; a row of the method table keeps far fewer. */
const valuesLimit = 64;

/** The size of a message that kubelet and containerd accept. CRI-O sends up to five times as much. */
const messageLimitBytes = 16 * 1024 * 1024;

/** Lists of a small part of the limit need no mark. */
const toldRatio = 0.01;

/** Null where there is nothing to say. */
const text = (value: string | null): string | null =>
  value === null || value === '' ? null : value.length > textLimit ? value.slice(0, textLimit) : value;

export interface MethodNaming {
  readonly spanName: string;
  readonly method: string;
  readonly original: string | null;
}

/** `_OTHER` keeps span names few: a peer can ask for any path. */
export const nameOf = (call: Pick<Call, 'method'>, recognises: (method: string) => boolean): MethodNaming =>
  call.method !== null && recognises(call.method)
    ? { spanName: call.method, method: call.method, original: null }
    : { spanName: 'grpc', method: '_OTHER', original: call.method };

// Each attribute is stored under its name as a constant: engines keep such objects small and fast, while keys that are
// computed turn them into hash tables, at ten times the cost per call.

/** In literals: what an object has from its beginning lies in it, and what is added to it later takes ever longer arrays. */
const ofServer = (call: Call, naming: MethodNaming, times: CallTimes): Said => ({
  'rpc.system.name': 'grpc',
  'rpc.method': naming.method,
  'network.transport': 'unix',
  'cri.outcome': call.result.outcome,
  'cri.time.source': times.source,
});

const ofClient = (call: Call, naming: MethodNaming, times: CallTimes, mode: ObservationMode): Said => ({
  'rpc.system.name': 'grpc',
  'rpc.method': naming.method,
  'network.transport': 'unix',
  'cri.outcome': call.result.outcome,
  'cri.time.source': times.source,
  'cri.request.size': call.result.request.bytes,
  'cri.response.size': call.result.response.bytes,
  'cri.request.messages': call.result.request.messages,
  'cri.response.messages': call.result.response.messages,
  'cri.connection': call.connection,
  'cri.stream': call.stream,
  'cri.observation.mode': mode,
  'cri.method.source': call.methodSource,
});

const sayBoth = (said: Said, call: Call, naming: MethodNaming, times: CallTimes): void => {
  const original = text(naming.original);
  if (original !== null) said['rpc.method_original'] = original;
  const status = text(call.result.status);
  if (status !== null) said['rpc.status_code'] = status;
  const rpc = naming.original === null ? text(call.rpc) : null;
  if (rpc !== null) said['cri.rpc'] = rpc;
  if (call.service !== null) said['cri.service'] = call.service;
  if (call.apiVersion !== null) said['cri.api.version'] = call.apiVersion;
  if (call.sentBound) said['cri.time.send_bound'] = true;
  if (times.clamped) said['cri.time.clamped'] = true;
  if (!times.startKnown) said['cri.time.start_unknown'] = true;
};

const sayIdentity = (said: Said, { facts }: Call): void => {
  if (facts.pod !== null) {
    const namespace = text(facts.pod.namespace);
    if (namespace !== null) said['k8s.namespace.name'] = namespace;
    const name = text(facts.pod.name);
    if (name !== null) said['k8s.pod.name'] = name;
    const uid = text(facts.pod.uid);
    if (uid !== null) said['k8s.pod.uid'] = uid;
    if (facts.pod.attempt !== null) said['cri.sandbox.attempt'] = facts.pod.attempt;
  }
  const sandboxId = text(facts.sandboxId);
  if (sandboxId !== null) said['cri.sandbox.id'] = sandboxId;
  const containerId = text(facts.containerId);
  if (containerId !== null) said['container.id'] = containerId;
  const containerName = text(facts.containerName);
  if (containerName !== null) said['k8s.container.name'] = containerName;
  if (facts.containerAttempt !== null) said['k8s.container.restart_count'] = facts.containerAttempt;
  const image = text(facts.image);
  if (image !== null) said['container.image.name'] = image;
  const imageId = text(facts.imageId);
  if (imageId !== null) said['container.image.id'] = imageId;
  const imageRef = text(facts.imageRef);
  if (imageRef !== null) said['cri.image.ref'] = imageRef;
  const runtimeHandler = text(facts.runtimeHandler);
  if (runtimeHandler !== null) said['cri.runtime_handler'] = runtimeHandler;
};

const sayClient = (said: Said, call: Call): void => {
  const { result } = call;
  if (call.identitySource !== null) said['cri.identity.source'] = call.identitySource;
  const endpoint = text(call.endpoint);
  if (endpoint !== null) {
    said['server.address'] = endpoint;
    said['network.peer.address'] = endpoint;
  }
  const userAgent = text(call.caller.userAgent);
  if (userAgent !== null) said['user_agent.original'] = userAgent;
  if (call.timeoutNs !== null) said['cri.deadline_ms'] = Number(call.timeoutNs) / 1e6;
  if (call.facts.items !== null) {
    said['cri.list.items'] = call.facts.items;
    const ratio = result.response.messages === 1 ? result.response.bytes / messageLimitBytes : 0;
    if (ratio >= toldRatio) said['cri.list.limit_ratio'] = ratio;
  }
  if (result.reset !== null) {
    said['cri.reset.by'] = result.reset.by;
    if (result.reset.code !== null) said['cri.reset.code'] = result.reset.code;
  }
  if (call.methodSource === 'inferred' && call.methodConfidence !== null)
    said['cri.method.confidence'] = call.methodConfidence;
  if (call.methodCandidates.length > 0) said['cri.method.candidates'] = call.methodCandidates;
  if (result.lostBytes === null) said['cri.lost_bytes_unknown'] = true;
  else if (result.lostBytes > 0) said['cri.lost_bytes'] = result.lostBytes;
  if (call.brokenMessages > 0) said['cri.broken_messages'] = call.brokenMessages;
  if (call.unknownFields > 0) said['cri.unknown_fields'] = call.unknownFields;
};

/** What the method itself says. */
const sayValues = (
  said: Record<string, AttributeValue>,
  values: Call['facts']['values'],
  valueName: Telling['valueName'],
): void => {
  let count = 0;
  for (const name of Object.keys(values)) {
    if (count++ >= valuesLimit) break;
    const value = values[name];
    const shown = typeof value === 'string' ? text(value) : value;
    const attribute = valueName(name);
    if (attribute !== null && shown !== null && shown !== undefined) said[attribute] = shown;
  }
};

export interface CallAttributes {
  readonly client: Attributes;
  readonly server: Attributes;
}

/** What both spans of a call say. The error types are those of their statuses. */
export const attributesOfCall = (
  call: Call,
  naming: MethodNaming,
  times: CallTimes,
  { mode, valueName }: Telling,
  errorTypes: { readonly client: string | null; readonly server: string | null },
): CallAttributes => {
  const client = ofClient(call, naming, times, mode);
  sayBoth(client, call, naming, times);
  sayClient(client, call);
  sayIdentity(client, call);
  if (errorTypes.client !== null) client['error.type'] = errorTypes.client;
  sayValues(client, call.facts.values, valueName);

  const server = ofServer(call, naming, times);
  sayBoth(server, call, naming, times);
  const authority = text(call.authority);
  if (authority !== null) server['server.address'] = authority;
  sayIdentity(server, call);
  if (errorTypes.server !== null) server['error.type'] = errorTypes.server;
  return { client, server };
};
