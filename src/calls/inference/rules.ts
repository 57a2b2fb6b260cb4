/**
 * What a message of the CRI looks like beyond its schema, from the API's own documentation and from what kubelet and
 * runtimes write. Nothing here is counted from recordings.
 */

/** What a string may hold. `name`: printable in one line. `text`: UTF-8 without control characters but line ends and tabs. */
export type TextForm = 'octets' | 'text' | 'name' | 'id' | 'id_prefix' | 'path' | 'url';

/** Strings that people or programs wrote freely. */
const freeText = new Set(['message', 'reason', 'cmd', 'command', 'args', 'credential_spec', 'help']);

const forms: Readonly<Record<string, TextForm>> = {
  'PodSandbox.id': 'id',
  'PodSandboxStatus.id': 'id',
  'PodSandboxAttributes.id': 'id',
  'Container.id': 'id',
  'Container.pod_sandbox_id': 'id',
  'ContainerStatus.id': 'id',
  'ContainerAttributes.id': 'id',
  'RunPodSandboxResponse.pod_sandbox_id': 'id',
  'CreateContainerResponse.container_id': 'id',
  'PodSandboxMetrics.pod_sandbox_id': 'id',
  'ContainerMetrics.container_id': 'id',
  'ContainerEventResponse.container_id': 'id',
  'PodSandboxFilter.id': 'id_prefix',
  'ContainerFilter.id': 'id_prefix',
  'FilesystemIdentifier.mountpoint': 'path',
  'CheckpointContainerRequest.location': 'path',
  'ExecResponse.url': 'url',
  'AttachResponse.url': 'url',
  'PortForwardResponse.url': 'url',
};

/** 64 hexadecimal digits in replies; `crictl` sends a beginning of them, as it was typed. */
export const textForm = (type: string, field: string): TextForm => {
  const known = forms[`${type}.${field}`];
  if (known !== undefined) return known;
  if (field === 'container_id' || field === 'pod_sandbox_id') return 'id_prefix';
  return freeText.has(field) ? 'text' : 'name';
};

/** Fields without which a message of a call that succeeded makes no sense. */
export const requiredFields: Readonly<Record<string, string>> = {
  VersionResponse: 'version runtime_name runtime_version runtime_api_version',
  StatusResponse: 'status',
  RuntimeStatus: 'conditions',
  RuntimeCondition: 'type',
  RuntimeConfigResponse: 'linux',
  UpdateRuntimeConfigRequest: 'runtime_config',
  RuntimeConfig: 'network_config',

  RunPodSandboxRequest: 'config',
  RunPodSandboxResponse: 'pod_sandbox_id',
  PodSandboxConfig: 'metadata',
  PodSandboxMetadata: 'name uid namespace',
  StopPodSandboxRequest: 'pod_sandbox_id',
  RemovePodSandboxRequest: 'pod_sandbox_id',
  PodSandboxStatusRequest: 'pod_sandbox_id',
  PodSandboxStatusResponse: 'status',
  PodSandboxStatus: 'id metadata created_at',
  PodSandbox: 'id metadata created_at',
  UpdatePodSandboxResourcesRequest: 'pod_sandbox_id resources',

  CreateContainerRequest: 'pod_sandbox_id config',
  CreateContainerResponse: 'container_id',
  ContainerConfig: 'metadata',
  ContainerMetadata: 'name',
  StartContainerRequest: 'container_id',
  StopContainerRequest: 'container_id',
  RemoveContainerRequest: 'container_id',
  ReopenContainerLogRequest: 'container_id',
  UpdateContainerResourcesRequest: 'container_id linux',
  ContainerStatusRequest: 'container_id',
  ContainerStatusResponse: 'status',
  ContainerStatus: 'id metadata created_at',
  Container: 'id pod_sandbox_id metadata created_at',

  ExecSyncRequest: 'container_id cmd',
  ExecRequest: 'container_id cmd',
  ExecResponse: 'url',
  AttachRequest: 'container_id',
  AttachResponse: 'url',
  PortForwardRequest: 'pod_sandbox_id',
  PortForwardResponse: 'url',

  ContainerStatsRequest: 'container_id',
  ContainerStatsResponse: 'stats',
  ContainerStats: 'attributes',
  ContainerAttributes: 'id metadata',
  PodSandboxStatsRequest: 'pod_sandbox_id',
  PodSandboxStatsResponse: 'stats',
  PodSandboxStats: 'attributes',
  PodSandboxAttributes: 'id metadata',
  MetricDescriptor: 'name',
  PodSandboxMetrics: 'pod_sandbox_id',
  ContainerMetrics: 'container_id',

  ContainerEventResponse: 'container_id created_at',
  CheckpointContainerRequest: 'container_id location',
  CheckpointPodRequest: 'pod_sandbox_id output_path',
  RestorePodRequest: 'config checkpoint_path',
  RestorePodResponse: 'pod_sandbox_id',

  Image: 'id',
  ImageStatusRequest: 'image',
  PullImageRequest: 'image',
  PullImageResponse: 'image_ref',
  RemoveImageRequest: 'image',
  ImageFsInfoResponse: 'image_filesystems',
  FilesystemIdentifier: 'mountpoint',
};

/**
 * How much less often than its day's work a client calls these: what no kubelet calls in its rounds, what people ask
 * for by hand, and what only came with the newest releases. All others weigh 1.
 */
const rarity: Readonly<Record<string, number>> = {
  Exec: 0.01,
  Attach: 0.01,
  PortForward: 0.01,
  UpdateContainerResources: 0.1,
  UpdatePodSandboxResources: 0.01,
  ContainerStats: 0.01,
  PodSandboxStats: 0.01,
  ListMetricDescriptors: 0.1,
  StreamPodSandboxMetrics: 0.1,
  CheckpointContainer: 0.01,
  CheckpointPod: 0.001,
  RestorePod: 0.001,
};

export const commonness = (rpc: string): number => rarity[rpc] ?? 1;
