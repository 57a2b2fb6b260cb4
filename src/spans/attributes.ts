/** Where an attribute stands: on the spans of a call, on that of a negotiation, or on the resource of a process. */
export type AttributePlace =
  | 'client'
  | 'server'
  | 'both'
  | 'negotiation'
  | 'operation'
  | 'symptom'
  | 'casualty'
  | 'connection'
  | 'round'
  | 'upgrade'
  | 'kernel'
  | 'resource';

export interface AttributeRow {
  readonly name: string;
  readonly on: AttributePlace;
  readonly type: 'string' | 'int' | 'double' | 'boolean' | 'string[]';
  /** When it is there, and what it says. */
  readonly when: string;
  readonly example: string | number | boolean;
}

/**
 * Every attribute that critrace sets, in the order of `docs/reference/attributes.md`. The names outside `cri.` are
 * OpenTelemetry's own (semantic conventions 1.45). The code can set no other name: `AttributeName` is made from here.
 */
export const attributeRows = [
  { name: 'rpc.system.name', on: 'both', type: 'string', when: 'always', example: 'grpc' },
  {
    name: 'rpc.method',
    on: 'both',
    type: 'string',
    when: 'always; `_OTHER` for a method that is not of the CRI, or not known',
    example: 'runtime.v1.RuntimeService/RunPodSandbox',
  },
  {
    name: 'rpc.method_original',
    on: 'both',
    type: 'string',
    when: '`rpc.method` is `_OTHER` and the path was read',
    example: 'containerd.services.version.v1.Version/Version',
  },
  {
    name: 'rpc.status_code',
    on: 'both',
    type: 'string',
    when: 'a gRPC status was seen',
    example: 'NOT_FOUND',
  },
  {
    name: 'error.type',
    on: 'both',
    type: 'string',
    when: 'the span is an error: the status, or `rst_stream.<HTTP/2 error>`, `connection_lost`',
    example: 'NOT_FOUND',
  },
  {
    name: 'server.address',
    on: 'both',
    type: 'string',
    when: 'client: the path of the socket; server: the `:authority` where it was read',
    example: '/run/containerd/containerd.sock',
  },
  {
    name: 'network.peer.address',
    on: 'client',
    type: 'string',
    when: 'always: the path of the socket',
    example: '/run/containerd/containerd.sock',
  },
  { name: 'network.transport', on: 'both', type: 'string', when: 'always', example: 'unix' },
  {
    name: 'user_agent.original',
    on: 'client',
    type: 'string',
    when: 'the header was read',
    example: 'grpc-go/1.72.1',
  },
  {
    name: 'k8s.namespace.name',
    on: 'both',
    type: 'string',
    when: 'the pod is known',
    example: 'kube-system',
  },
  {
    name: 'k8s.pod.name',
    on: 'both',
    type: 'string',
    when: 'the pod is known',
    example: 'coredns-5d78c9869d-x7k2p',
  },
  {
    name: 'k8s.pod.uid',
    on: 'both',
    type: 'string',
    when: 'the pod is known',
    example: '0c3f6f7e-2b0a-4d5e-9d49-3f1a6a1c2b11',
  },
  {
    name: 'k8s.container.name',
    on: 'both',
    type: 'string',
    when: 'the container is known',
    example: 'coredns',
  },
  {
    name: 'k8s.container.restart_count',
    on: 'both',
    type: 'int',
    when: "the container's attempt is known",
    example: 0,
  },
  {
    name: 'container.id',
    on: 'both',
    type: 'string',
    when: 'known: whole, also where the call gives only its beginning',
    example: '3f4e0b8c9d…',
  },
  {
    name: 'container.image.name',
    on: 'both',
    type: 'string',
    when: 'an image is named, or is that of the known container: its reference by name where one was seen, without userinfo and query',
    example: 'registry.k8s.io/pause:3.10',
  },
  {
    name: 'container.image.id',
    on: 'both',
    type: 'string',
    when: 'the id of the image is known',
    example: 'sha256:873ed751…',
  },
  {
    name: 'cri.rpc',
    on: 'both',
    type: 'string',
    when: 'the method is known, also by inference: its short name',
    example: 'RunPodSandbox',
  },
  {
    name: 'cri.service',
    on: 'both',
    type: 'string',
    when: 'a CRI service: `RuntimeService` or `ImageService`',
    example: 'RuntimeService',
  },
  {
    name: 'cri.api.version',
    on: 'both',
    type: 'string',
    when: 'a CRI service: `v1` or `v1alpha2`',
    example: 'v1',
  },
  {
    name: 'cri.method.source',
    on: 'client',
    type: 'string',
    when: 'always: `read` from the path, `inferred`, or `unknown`',
    example: 'read',
  },
  {
    name: 'cri.method.confidence',
    on: 'client',
    type: 'double',
    when: '`cri.method.source` is `inferred`: 0 to 1',
    example: 0.98,
  },
  {
    name: 'cri.method.candidates',
    on: 'client',
    type: 'string[]',
    when: '`cri.method.source` is `unknown` and two or three methods are left that it may be of: their short names, the likeliest first',
    example: 'ListContainers, StreamContainers',
  },
  {
    name: 'cri.outcome',
    on: 'both',
    type: 'string',
    when: 'always: `finished`, `reset`, `connection_lost`, or `in_flight` when the input ended first',
    example: 'finished',
  },
  {
    name: 'cri.reset.by',
    on: 'client',
    type: 'string',
    when: 'a RST_STREAM was seen: `client` or `server`, the last one',
    example: 'client',
  },
  {
    name: 'cri.reset.code',
    on: 'client',
    type: 'string',
    when: "a RST_STREAM was seen whole: the HTTP/2 error's name",
    example: 'CANCEL',
  },
  {
    name: 'cri.identity.source',
    on: 'client',
    type: 'string',
    when: "a pod, container or image is concerned: `call` where the call's own messages name the pod, `cache` where messages before it told whose id it names",
    example: 'cache',
  },
  {
    name: 'cri.sandbox.id',
    on: 'both',
    type: 'string',
    when: 'known: whole, also where the call gives only its beginning',
    example: '9a1b7c…',
  },
  {
    name: 'cri.sandbox.attempt',
    on: 'both',
    type: 'int',
    when: "the sandbox's attempt is known",
    example: 0,
  },
  {
    name: 'cri.runtime_handler',
    on: 'both',
    type: 'string',
    when: 'the runtime handler of the call or of its sandbox is known',
    example: 'runc',
  },
  {
    name: 'cri.image.ref',
    on: 'both',
    type: 'string',
    when: "the runtime's own reference of the image was read",
    example: 'registry.k8s.io/pause@sha256:ee6521f2…',
  },
  {
    name: 'cri.request.size',
    on: 'client',
    type: 'int',
    when: 'always: payload bytes of complete messages, as on the wire',
    example: 1432,
  },
  { name: 'cri.response.size', on: 'client', type: 'int', when: 'always, likewise', example: 68 },
  { name: 'cri.request.messages', on: 'client', type: 'int', when: 'always: complete messages', example: 1 },
  { name: 'cri.response.messages', on: 'client', type: 'int', when: 'always, likewise', example: 1 },
  { name: 'cri.list.items', on: 'client', type: 'int', when: 'a list of items was answered', example: 110 },
  {
    name: 'cri.list.limit_ratio',
    on: 'client',
    type: 'double',
    when: 'the call lists things in one message of at least a hundredth of 16 MiB, the size that peers accept: which part of it',
    example: 0.53,
  },
  {
    name: 'cri.deadline_ms',
    on: 'client',
    type: 'double',
    when: 'the request carried a deadline',
    example: 120000,
  },
  {
    name: 'cri.lost_bytes',
    on: 'client',
    type: 'int',
    when: 'bytes of this call were not seen, and how many is known',
    example: 4096,
  },
  {
    name: 'cri.lost_bytes_unknown',
    on: 'client',
    type: 'boolean',
    when: 'bytes were lost that may be of this call or of another',
    example: true,
  },
  {
    name: 'cri.broken_messages',
    on: 'client',
    type: 'int',
    when: 'messages broke off or could not be read',
    example: 1,
  },
  {
    name: 'cri.unknown_fields',
    on: 'client',
    type: 'int',
    when: 'fields newer than the schema were skipped',
    example: 2,
  },
  {
    name: 'cri.connection',
    on: 'client',
    type: 'int',
    when: "always: the connection's number in this observation",
    example: 12,
  },
  { name: 'cri.stream', on: 'client', type: 'int', when: 'always: the HTTP/2 stream', example: 7 },
  {
    name: 'cri.observation.mode',
    on: 'client',
    type: 'string',
    when: 'always: `tap`, `proxy` or `replay`',
    example: 'proxy',
  },
  {
    name: 'cri.time.source',
    on: 'both',
    type: 'string',
    when: 'always: `peers` where writing and reading were seen apart, `observer` where there is one time per byte and so no wait in the socket to be told',
    example: 'observer',
  },
  {
    name: 'cri.time.send_bound',
    on: 'both',
    type: 'boolean',
    when: 'what was written was written when it is said to be or earlier: the time is that of the write returning, or of the first read where that came first',
    example: true,
  },
  {
    name: 'cri.time.clamped',
    on: 'both',
    type: 'boolean',
    when: 'a time lay outside the parent span and was moved into it',
    example: true,
  },
  {
    name: 'cri.time.start_unknown',
    on: 'both',
    type: 'boolean',
    when: 'the call began before it could be seen: the span begins where it first was',
    example: true,
  },
  {
    name: 'host.id',
    on: 'resource',
    type: 'string',
    when: 'always, the same on all of a node',
    example: '4d3c1b2a…',
  },
  { name: 'host.name', on: 'resource', type: 'string', when: 'not in a replay', example: 'node-7' },
  { name: 'k8s.node.name', on: 'resource', type: 'string', when: '`NODE_NAME` is set', example: 'node-7' },
  {
    name: 'service.name',
    on: 'resource',
    type: 'string',
    when: "always: the caller's process name (`kubelet`), or the runtime's own name (`containerd`, `cri-o`, else `container-runtime`)",
    example: 'kubelet',
  },
  {
    name: 'service.instance.id',
    on: 'resource',
    type: 'string',
    when: 'always: stable for a process',
    example: '5f0d2c9e-…',
  },
  {
    name: 'service.version',
    on: 'resource',
    type: 'string',
    when: 'the runtime said it in reply to `Version`',
    example: 'v2.1.4',
  },
  { name: 'process.pid', on: 'resource', type: 'int', when: 'known', example: 812 },
  { name: 'process.executable.name', on: 'resource', type: 'string', when: 'known', example: 'kubelet' },
  {
    name: 'process.creation.time',
    on: 'resource',
    type: 'string',
    when: 'known',
    example: '2026-11-24T03:11:05.120Z',
  },
  { name: 'process.user.id', on: 'resource', type: 'int', when: 'known, of callers', example: 0 },
  {
    name: 'container.runtime.name',
    on: 'resource',
    type: 'string',
    when: 'the runtime said it in reply to `Version`',
    example: 'containerd',
  },
  {
    name: 'container.runtime.version',
    on: 'resource',
    type: 'string',
    when: 'the runtime said it in reply to `Version`',
    example: 'v2.1.4',
  },
  { name: 'telemetry.distro.name', on: 'resource', type: 'string', when: 'always', example: 'critrace' },
  { name: 'telemetry.distro.version', on: 'resource', type: 'string', when: 'always', example: '0.1.0' },
] as const satisfies readonly AttributeRow[];

type Row = (typeof attributeRows)[number];

/** Names that may stand on the spans of a call. */
export type SpanAttributeName = Exclude<Row, { readonly on: 'resource' }>['name'];

/** Names that may stand on a resource. */
export type ResourceAttributeName = Extract<Row, { readonly on: 'resource' }>['name'];
