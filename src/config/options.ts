import { metricsOptions } from './metrics-options.ts';
import { type ConfigOption, type OptionGroup, option, optional, sized, timed } from './option.ts';
import { pageOptions } from './page-options.ts';
import { storeOptions } from './store-options.ts';
import {
  bytes,
  choice,
  duration,
  durationOrMilliseconds,
  flag,
  grpcAddress,
  integer,
  pairs,
  path,
  ringBytes,
  socket,
  subset,
  text,
} from './value-types.ts';

const seconds = (count: number): number => count * 1000;
const kibibytes = (count: number): number => count * 1024;
const mebibytes = (count: number): number => count * 1024 ** 2;
const gibibytes = (count: number): number => count * 1024 ** 3;

const kernelEvents = ['process', 'disk', 'cgroup', 'oom', 'signal', 'tcp'] as const;

/**
 * Every option there is, once. A name is the key in the YAML file, with `--` the flag, and in upper case behind
 * `CRITRACE_` the environment variable. Help, validation, the reference page and `config print` are made from this.
 */
export const options = {
  source: option({
    group: 'source',
    value: choice(['auto', 'tap', 'proxy']),
    default: 'auto',
    placeholder: 'source',
    doc: 'Where the bytes come from: the kernel (`tap`), which watches without being in the path, or a relay in the path (`proxy`), whose socket callers must be pointed at. `auto`: the proxy where `listen` is set or the kubelet is pointed at it, else the tap.',
    example: 'tap',
  }),
  'runtime-endpoint': optional({
    group: 'source',
    value: socket,
    defaultText:
      'what the kubelet is configured with, and the usual sockets that exist; the proxy takes the first',
    short: 'r',
    otherEnv: ['CONTAINER_RUNTIME_ENDPOINT'],
    placeholder: 'path',
    doc: "Socket of the container runtime. After this option's own sources, `runtime-endpoint` of crictl's file counts.",
    example: '/run/containerd/containerd.sock',
  }),
  'image-endpoint': optional({
    group: 'source',
    value: socket,
    defaultText: 'the runtime endpoint',
    short: 'i',
    otherEnv: ['IMAGE_SERVICE_ENDPOINT'],
    placeholder: 'path',
    doc: "Socket of the image service, where it is another one. After this option's own sources, `image-endpoint` of crictl's file counts.",
    example: '/run/images.sock',
  }),
  'crictl-config': option({
    group: 'source',
    value: path,
    default: '/etc/crictl.yaml',
    otherEnv: ['CRI_CONFIG_FILE'],
    placeholder: 'file',
    doc: "crictl's configuration, read for its two endpoints only.",
    example: '/etc/crictl.yaml',
  }),
  listen: option({
    group: 'source',
    value: socket,
    default: '/run/critrace/runtime.sock',
    placeholder: 'path',
    doc: 'Socket that the proxy listens on: what the kubelet is given as its runtime endpoint. Setting it chooses the proxy, unless `source` says otherwise.',
    example: '/run/critrace/runtime.sock',
  }),
  'image-listen': option({
    group: 'source',
    value: socket,
    default: '/run/critrace/image.sock',
    placeholder: 'path',
    doc: 'Socket that the proxy listens on for the image service; used only where the two endpoints differ.',
    example: '/run/critrace/image.sock',
  }),
  'kernel-events': option({
    group: 'source',
    value: subset([...kernelEvents, 'scheduling', 'syncs']),
    default: kernelEvents,
    placeholder: 'list',
    doc: 'What the tap tells of the kernel besides calls, for the processes of the runtime only: starts and ends of processes, syncs of files and requests to block devices, cgroups, kills for want of memory, fatal signals, TCP connections of the runtime; and, only on request, how long its threads waited for a processor or a device, which runs at every switch of the node, and syncs by their system calls, which sees those that a kernel without trampolines shows of ext4 alone and makes every system call of the node dearer. The proxy tells of none.',
    example: 'process,oom,signal',
  }),
  'ring-size': sized({
    group: 'source',
    value: ringBytes(kibibytes(64), gibibytes(1)),
    default: mebibytes(8),
    placeholder: 'size',
    doc: 'What the kernel holds of the bytes that the tap copies until critrace takes them; a burst that outruns it is lost, and counted. A power of two; a mapped ring counts twice in VmRSS.',
    example: '8MiB',
  }),
  'host-id': optional({
    group: 'identity',
    value: text,
    defaultText: 'from /etc/machine-id',
    placeholder: 'id',
    doc: '`host.id` of all resources, and what span ids are derived from.',
    example: 'e1f2a7c04c5b4f0f9d4c6f0a7f4e2b11',
  }),
  'node-name': optional({
    group: 'identity',
    value: text,
    defaultText: 'none',
    otherEnv: ['NODE_NAME'],
    placeholder: 'name',
    doc: '`k8s.node.name` of all resources.',
    example: 'worker-1',
  }),
  'cluster-name': optional({
    group: 'identity',
    value: text,
    placeholder: 'name',
    doc: '`k8s.cluster.name` of all resources.',
    example: 'production',
  }),
  'resource-attributes': option<Readonly<Record<string, string>>>({
    group: 'identity',
    value: pairs,
    default: {},
    defaultText: 'none',
    otherEnv: ['OTEL_RESOURCE_ATTRIBUTES'],
    placeholder: 'key=value,...',
    doc: 'More attributes of all resources. What would describe critrace or its pod (`service.`, `process.`, `container.`, `k8s.pod.` and the like) is left out, and said.',
    example: 'deployment.environment.name=staging',
  }),
  'otlp-endpoint': optional({
    group: 'otlp',
    value: grpcAddress,
    otherEnv: ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    placeholder: 'address',
    doc: 'Collector that spans are sent to, OTLP over gRPC. Without one nothing is sent.',
    example: 'http://localhost:4317',
  }),
  'traces-exporter': option({
    group: 'otlp',
    value: choice(['otlp', 'console', 'none']),
    default: 'otlp',
    otherEnv: ['OTEL_TRACES_EXPORTER'],
    placeholder: 'name',
    doc: '`otlp`: to the collector, where one is configured. `console`: the agent prints what it finds, a line each, and sends nothing. `none`: neither.',
    example: 'otlp',
  }),
  'otlp-disabled': option({
    group: 'otlp',
    value: flag,
    default: false,
    otherEnv: ['OTEL_SDK_DISABLED'],
    placeholder: 'true|false',
    doc: 'The same as `traces-exporter: none`, under the name that OpenTelemetry gives it.',
    example: 'false',
  }),
  'otlp-protocol': option({
    group: 'otlp',
    value: choice(['grpc', 'http/protobuf', 'http/json']),
    default: 'grpc',
    otherEnv: ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
    placeholder: 'protocol',
    doc: 'Protocol of the collector endpoint. With an endpoint only `grpc` is allowed: critrace has no other.',
    example: 'grpc',
  }),
  'otlp-headers': option<Readonly<Record<string, string>>>({
    group: 'otlp',
    value: pairs,
    default: {},
    defaultText: 'none',
    otherEnv: ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'],
    placeholder: 'key=value,...',
    doc: 'Metadata of every export request. Other users of the machine can read flags: keep secrets in the file or the environment.',
    example: 'x-tenant=blue',
    secret: true,
  }),
  'otlp-insecure': optional({
    group: 'otlp',
    value: flag,
    defaultText: 'by the address: http:// is in the clear, https:// and no scheme are not',
    otherEnv: ['OTEL_EXPORTER_OTLP_TRACES_INSECURE', 'OTEL_EXPORTER_OTLP_INSECURE'],
    placeholder: 'true|false',
    doc: 'Talk to an address without a scheme in the clear.',
    example: 'true',
  }),
  'otlp-certificate': optional({
    group: 'otlp',
    value: path,
    defaultText: 'the system’s',
    otherEnv: ['OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
    placeholder: 'file',
    doc: 'Authorities that the collector’s certificate is checked against, PEM.',
    example: '/etc/critrace/ca.pem',
  }),
  'otlp-client-key': optional({
    group: 'otlp',
    value: path,
    otherEnv: ['OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY', 'OTEL_EXPORTER_OTLP_CLIENT_KEY'],
    placeholder: 'file',
    doc: 'Key of the client certificate, PEM.',
    example: '/etc/critrace/client.key',
  }),
  'otlp-client-certificate': optional({
    group: 'otlp',
    value: path,
    otherEnv: ['OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'],
    placeholder: 'file',
    doc: 'Client certificate, PEM.',
    example: '/etc/critrace/client.pem',
  }),
  'otlp-compression': option({
    group: 'otlp',
    value: choice(['none', 'gzip']),
    default: 'none',
    otherEnv: ['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'OTEL_EXPORTER_OTLP_COMPRESSION'],
    placeholder: 'how',
    doc: 'Compression of export requests.',
    example: 'gzip',
  }),
  'otlp-timeout': option({
    group: 'otlp',
    value: durationOrMilliseconds(1, seconds(600)),
    default: seconds(10),
    defaultText: '10s',
    otherEnv: ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT', 'OTEL_BSP_EXPORT_TIMEOUT'],
    placeholder: 'duration',
    doc: 'How long one export request may take.',
    example: '10s',
  }),
  'spool-dir': option({
    group: 'otlp',
    value: path,
    default: '/var/lib/critrace/spool',
    placeholder: 'directory',
    doc: 'Where spans wait on disk while the collector is away. Used only when there is an endpoint.',
    example: '/var/lib/critrace/spool',
  }),
  'spool-spans': option({
    group: 'otlp',
    value: integer(512, 1_000_000),
    default: 16_384,
    otherEnv: ['OTEL_BSP_MAX_QUEUE_SIZE'],
    placeholder: 'count',
    doc: 'Spans held in memory while they wait; beyond it the oldest that are not on disk are dropped and counted.',
    example: '16384',
  }),
  'otlp-batch': option({
    group: 'otlp',
    value: integer(1, 65_536),
    default: 512,
    otherEnv: ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
    placeholder: 'count',
    doc: 'Spans of one export request.',
    example: '512',
  }),
  'otlp-delay': option({
    group: 'otlp',
    value: durationOrMilliseconds(0, seconds(60)),
    default: 500,
    defaultText: '500ms',
    otherEnv: ['OTEL_BSP_SCHEDULE_DELAY'],
    placeholder: 'duration',
    doc: 'How long a span waits for others to share its request. Those that wait longer than 800ms are written to the spool as well.',
    example: '1s',
  }),
  'spool-disk': sized({
    group: 'otlp',
    value: bytes(0, gibibytes(64)),
    default: mebibytes(256),
    placeholder: 'size',
    doc: 'Bound of the spool on disk; beyond it the oldest spans are dropped and counted.',
    example: '256MiB',
  }),
  ...storeOptions,
  sampling: option({
    group: 'agent',
    value: choice(['rounds', 'all']),
    default: 'rounds',
    placeholder: 'what',
    doc: '`rounds`: of a kubelet\'s loops (relists, housekeeping, log rotation, statistics, node status, garbage collection) one round of each kind in `round-interval` is exported, with the numbers of those left out, and every one that is slow, failed, or found "PLEG is not healthy"; calls that their client did not sample are left out. Starts and stops of pods, failed calls and negotiations always are exported. `all`: everything is.',
    example: 'all',
  }),
  'round-interval': timed({
    group: 'agent',
    value: duration(0, seconds(86_400)),
    default: seconds(60),
    placeholder: 'duration',
    doc: 'With `sampling: rounds`: one round of each kind is exported in so much time.',
    example: '60s',
  }),
  'round-slow': timed({
    group: 'agent',
    value: duration(0, seconds(3600)),
    default: seconds(1),
    placeholder: 'duration',
    doc: 'With `sampling: rounds`: a round that takes so long is always exported.',
    example: '1s',
  }),
  ...pageOptions,
  ...metricsOptions,
  'stop-timeout': timed({
    group: 'agent',
    value: duration(0, seconds(300)),
    default: seconds(8),
    placeholder: 'duration',
    doc: 'How long the agent may take to send what it holds when it is stopped. What is left stays in the spool.',
    example: '8s',
  }),
  nice: option({
    group: 'agent',
    value: integer(0, 19),
    default: 5,
    placeholder: 'number',
    doc: 'How far an agent with the tap stands back for others where processors are scarce, as of `nice`: it decodes later then, and loses bytes, which are counted, before it takes a processor from the runtime. Between control groups their weights decide, not this. 0: it stands back for nobody.',
    example: '5',
  }),
  'log-level': option({
    group: 'agent',
    value: choice(['debug', 'info', 'warn', 'error']),
    default: 'info',
    otherEnv: ['OTEL_LOG_LEVEL'],
    placeholder: 'level',
    doc: 'Least severity of the messages on stderr.',
    example: 'info',
  }),
} as const;

export type OptionName = keyof typeof options;

export type Config = {
  readonly [Name in OptionName]: (typeof options)[Name] extends ConfigOption<infer T> ? T : never;
};

export const optionNames = Object.keys(options).filter((name): name is OptionName => name in options);

/** The same table with the types of the single values forgotten. */
export const optionOf = (name: OptionName): ConfigOption<unknown> => options[name];

export const allGroups: readonly OptionGroup[] = [
  'source',
  'identity',
  'otlp',
  'store',
  'metrics',
  'page',
  'agent',
];

export const optionsOfGroups = (groups: readonly OptionGroup[]): OptionName[] =>
  optionNames.filter((name) => groups.includes(optionOf(name).group));

export const ownVariable = (name: OptionName): string =>
  `CRITRACE_${name.toUpperCase().replaceAll('-', '_')}`;

export const variablesOf = (name: OptionName): readonly string[] => [
  ownVariable(name),
  ...optionOf(name).otherEnv,
];
