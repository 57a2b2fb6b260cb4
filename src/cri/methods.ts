import type { ApiVersion } from './proto.ts';
import type { ValueName } from './values.ts';

export type CriServiceName = 'RuntimeService' | 'ImageService';

/**
 * Where a fact stands: `request.config.metadata`, several in order of preference separated by a space. A path to
 * a labels map stands for the identity labels in it.
 */
export type FactPath = string;

export type FactName =
  | 'pod'
  | 'sandboxId'
  | 'containerId'
  | 'containerName'
  | 'containerAttempt'
  | 'image'
  | 'imageRef'
  | 'imageId'
  | 'runtimeHandler'
  | 'command';

export type ValueSource =
  | FactPath
  /** Elements of a repeated field. */
  | { readonly size: FactPath }
  /** A message is there. */
  | { readonly present: FactPath }
  /** Sum of a field over the elements of a repeated one. */
  | { readonly sum: FactPath; readonly of: string }
  /** `take` of the element of a repeated field whose field `where` is `is`. */
  | { readonly find: FactPath; readonly where: string; readonly is: string; readonly take: string }
  /** A field, where another one has a certain value. */
  | { readonly of: FactPath; readonly when: FactPath; readonly is: string }
  /** Messages of a stream in which a field has a certain value. */
  | { readonly count: FactPath; readonly is: string };

/** One RPC of the CRI. */
export interface CriMethod {
  readonly service: CriServiceName;
  readonly rpc: string;
  /** v1 has all of them. */
  readonly inV1alpha2: boolean;
  /** The server answers with a stream of messages. */
  readonly streaming: boolean;
  /** Top-level fields kept; what is kept inside them is said per message type in `shapes`. */
  readonly request: readonly string[];
  readonly response: readonly string[];
  /** The field of the response that lists what was asked for. */
  readonly items: string | null;
  readonly facts: Readonly<Partial<Record<FactName, FactPath>>>;
  readonly values: Readonly<Partial<Record<ValueName, ValueSource>>>;
}

interface Row {
  readonly request?: string;
  readonly response?: string;
  readonly items?: string;
  readonly facts?: CriMethod['facts'];
  readonly values?: CriMethod['values'];
}

type Trait = 'v1alpha2' | 'stream';

const words = (text: string | undefined): readonly string[] => (text === undefined ? [] : text.split(' '));

const method =
  (service: CriServiceName) =>
  (rpc: string, traits: readonly Trait[], row: Row): CriMethod => ({
    service,
    rpc,
    inV1alpha2: traits.includes('v1alpha2'),
    streaming: traits.includes('stream'),
    request: words(row.request),
    response: row.items === undefined ? words(row.response) : [row.items, ...words(row.response)],
    items: row.items ?? null,
    facts: row.facts ?? {},
    values: row.values ?? {},
  });

const runtime = method('RuntimeService');
const image = method('ImageService');

const both = ['v1alpha2'] as const;
const v1 = [] as const;
const stream = ['stream'] as const;

const verbose = 'request.verbose';

const ofSandbox = { request: 'pod_sandbox_id', facts: { sandboxId: 'request.pod_sandbox_id' } } as const;
const ofContainer = { request: 'container_id', facts: { containerId: 'request.container_id' } } as const;

const sandboxFilter = {
  request: 'filter',
  facts: { sandboxId: 'request.filter.id', pod: 'request.filter.label_selector' },
} as const;
const containerFilter = {
  request: 'filter',
  facts: {
    containerId: 'request.filter.id',
    sandboxId: 'request.filter.pod_sandbox_id',
    pod: 'request.filter.label_selector',
  },
} as const;
const filterState = { 'filter.state': 'request.filter.state.state' } as const;
const imageFilter = { request: 'filter', facts: { image: 'request.filter.image.image' } } as const;

export const criMethods: readonly CriMethod[] = [
  runtime('Version', both, {
    request: 'version',
    response: 'version runtime_name runtime_version runtime_api_version',
    values: {
      'version.requested': 'request.version',
      'runtime.name': 'response.runtime_name',
      'runtime.version': 'response.runtime_version',
      'runtime.api_version': 'response.runtime_api_version',
    },
  }),
  runtime('Status', both, {
    request: 'verbose',
    response: 'status runtime_handlers features',
    values: {
      verbose,
      'runtime.ready': {
        find: 'response.status.conditions',
        where: 'type',
        is: 'RuntimeReady',
        take: 'status',
      },
      'runtime.network_ready': {
        find: 'response.status.conditions',
        where: 'type',
        is: 'NetworkReady',
        take: 'status',
      },
    },
  }),
  runtime('UpdateRuntimeConfig', both, {}),
  runtime('RuntimeConfig', v1, {
    response: 'linux',
    values: { 'runtime.cgroup_driver': 'response.linux.cgroup_driver' },
  }),

  runtime('RunPodSandbox', both, {
    request: 'config runtime_handler',
    response: 'pod_sandbox_id',
    facts: {
      pod: 'request.config.metadata',
      runtimeHandler: 'request.runtime_handler',
      sandboxId: 'response.pod_sandbox_id',
    },
  }),
  runtime('StopPodSandbox', both, ofSandbox),
  runtime('RemovePodSandbox', both, ofSandbox),
  runtime('PodSandboxStatus', both, {
    request: 'pod_sandbox_id verbose',
    response: 'status containers_statuses',
    facts: {
      sandboxId: 'response.status.id request.pod_sandbox_id',
      pod: 'response.status.metadata',
      runtimeHandler: 'response.status.runtime_handler',
    },
    values: { verbose, 'sandbox.state': 'response.status.state' },
  }),
  runtime('ListPodSandbox', both, { ...sandboxFilter, items: 'items', values: filterState }),
  runtime('StreamPodSandboxes', stream, { ...sandboxFilter, items: 'pod_sandboxes', values: filterState }),
  runtime('UpdatePodSandboxResources', v1, ofSandbox),

  runtime('CreateContainer', both, {
    request: 'pod_sandbox_id config sandbox_config',
    response: 'container_id',
    facts: {
      sandboxId: 'request.pod_sandbox_id',
      pod: 'request.sandbox_config.metadata',
      containerName: 'request.config.metadata.name',
      containerAttempt: 'request.config.metadata.attempt',
      image: 'request.config.image.user_specified_image request.config.image.image',
      containerId: 'response.container_id',
    },
  }),
  runtime('StartContainer', both, ofContainer),
  runtime('StopContainer', both, {
    request: 'container_id timeout',
    facts: { containerId: 'request.container_id' },
    values: { 'stop.timeout_s': 'request.timeout' },
  }),
  runtime('RemoveContainer', both, ofContainer),
  runtime('ContainerStatus', both, {
    request: 'container_id verbose',
    response: 'status',
    facts: {
      containerId: 'response.status.id request.container_id',
      containerName: 'response.status.metadata.name',
      containerAttempt: 'response.status.metadata.attempt',
      pod: 'response.status.labels',
      image: 'response.status.image.user_specified_image response.status.image.image',
      imageRef: 'response.status.image_ref',
      imageId: 'response.status.image_id',
    },
    values: {
      verbose,
      'container.state': 'response.status.state',
      'container.exit_code': {
        of: 'response.status.exit_code',
        when: 'response.status.state',
        is: 'CONTAINER_EXITED',
      },
    },
  }),
  runtime('ListContainers', both, { ...containerFilter, items: 'containers', values: filterState }),
  runtime('StreamContainers', stream, { ...containerFilter, items: 'containers', values: filterState }),
  runtime('UpdateContainerResources', both, ofContainer),
  runtime('ReopenContainerLog', both, ofContainer),

  runtime('ExecSync', both, {
    request: 'container_id cmd timeout',
    response: 'exit_code',
    facts: { containerId: 'request.container_id', command: 'request.cmd' },
    values: { 'exec.timeout_s': 'request.timeout', 'exec.exit_code': 'response.exit_code' },
  }),
  runtime('Exec', both, {
    request: 'container_id cmd tty',
    facts: { containerId: 'request.container_id', command: 'request.cmd' },
    values: { 'exec.tty': 'request.tty' },
  }),
  runtime('Attach', both, {
    request: 'container_id tty',
    facts: { containerId: 'request.container_id' },
    values: { 'exec.tty': 'request.tty' },
  }),
  runtime('PortForward', both, ofSandbox),

  runtime('ContainerStats', both, {
    request: 'container_id',
    response: 'stats',
    facts: {
      containerId: 'response.stats.attributes.id request.container_id',
      containerName: 'response.stats.attributes.metadata.name',
      containerAttempt: 'response.stats.attributes.metadata.attempt',
      pod: 'response.stats.attributes.labels',
    },
  }),
  runtime('ListContainerStats', both, { ...containerFilter, items: 'stats' }),
  runtime('StreamContainerStats', stream, { ...containerFilter, items: 'container_stats' }),
  runtime('PodSandboxStats', both, {
    request: 'pod_sandbox_id',
    response: 'stats',
    facts: {
      sandboxId: 'response.stats.attributes.id request.pod_sandbox_id',
      pod: 'response.stats.attributes.metadata',
    },
  }),
  runtime('ListPodSandboxStats', both, { ...sandboxFilter, items: 'stats' }),
  runtime('StreamPodSandboxStats', stream, { ...sandboxFilter, items: 'pod_sandbox_stats' }),
  runtime('ListMetricDescriptors', v1, { items: 'descriptors' }),
  runtime('ListPodSandboxMetrics', v1, { items: 'pod_metrics' }),
  runtime('StreamPodSandboxMetrics', stream, { items: 'pod_sandbox_metrics' }),

  runtime('GetContainerEvents', stream, {
    response: 'container_id container_event_type pod_sandbox_status containers_statuses',
    values: {
      'events.created': { count: 'response.container_event_type', is: 'CONTAINER_CREATED_EVENT' },
      'events.started': { count: 'response.container_event_type', is: 'CONTAINER_STARTED_EVENT' },
      'events.stopped': { count: 'response.container_event_type', is: 'CONTAINER_STOPPED_EVENT' },
      'events.deleted': { count: 'response.container_event_type', is: 'CONTAINER_DELETED_EVENT' },
    },
  }),

  runtime('CheckpointContainer', v1, {
    request: 'container_id timeout',
    facts: { containerId: 'request.container_id' },
    values: { 'checkpoint.timeout_s': 'request.timeout' },
  }),
  runtime('CheckpointPod', v1, {
    request: 'pod_sandbox_id container_ids',
    facts: { sandboxId: 'request.pod_sandbox_id' },
    values: { 'checkpoint.containers': { size: 'request.container_ids' } },
  }),
  runtime('RestorePod', v1, {
    request: 'config runtime_handler container_configs',
    response: 'pod_sandbox_id restored_containers',
    facts: {
      pod: 'request.config.metadata',
      runtimeHandler: 'request.runtime_handler',
      sandboxId: 'response.pod_sandbox_id',
    },
    values: { 'restore.containers': { size: 'response.restored_containers' } },
  }),

  image('ListImages', both, { ...imageFilter, items: 'images' }),
  image('StreamImages', stream, { ...imageFilter, items: 'images' }),
  image('ImageStatus', both, {
    request: 'image verbose',
    response: 'image',
    facts: {
      image: 'request.image.image',
      imageId: 'response.image.id',
      runtimeHandler: 'request.image.runtime_handler',
    },
    values: {
      verbose,
      'image.present': { present: 'response.image' },
      'image.size_bytes': 'response.image.size',
    },
  }),
  image('PullImage', both, {
    request: 'image sandbox_config',
    response: 'image_ref',
    facts: {
      pod: 'request.sandbox_config.metadata',
      image: 'request.image.image',
      imageRef: 'response.image_ref',
      runtimeHandler: 'request.image.runtime_handler',
    },
  }),
  image('RemoveImage', both, {
    request: 'image',
    facts: { image: 'request.image.image', runtimeHandler: 'request.image.runtime_handler' },
  }),
  image('ImageFsInfo', both, {
    response: 'image_filesystems container_filesystems',
    values: {
      'image_fs.used_bytes': { sum: 'response.image_filesystems', of: 'used_bytes.value' },
      'container_fs.used_bytes': { sum: 'response.container_filesystems', of: 'used_bytes.value' },
    },
  }),
];

export interface FoundMethod {
  readonly method: CriMethod;
  readonly apiVersion: ApiVersion;
  readonly service: CriServiceName;
  readonly rpc: string;
  /** Of package, service and method, without a leading slash. */
  readonly name: string;
}

const byPath: ReadonlyMap<string, FoundMethod> = new Map(
  criMethods.flatMap((row) => {
    const { service, rpc } = row;
    const versions: readonly ApiVersion[] = row.inV1alpha2 ? ['v1', 'v1alpha2'] : ['v1'];
    return versions.flatMap((apiVersion): [string, FoundMethod][] => {
      const name = `runtime.${apiVersion}.${service}/${rpc}`;
      const found = { method: row, apiVersion, service, rpc, name };
      return [
        [name, found],
        [`/${name}`, found],
      ];
    });
  }),
);

/**
 * The method of a gRPC path, `/runtime.v1.RuntimeService/RunPodSandbox`, or of the same without its slash. Null for
 * other services, for a method that is newer than the schema, and for one that its API version does not have.
 */
export const findMethod = (path: string): FoundMethod | null => byPath.get(path) ?? null;
