/**
 * What is kept of a message of each type, wherever a kept field leads to it. Types that are not here keep nothing.
 * A secret has no place in this table: what is not listed is never decoded. `labels` and `label_selector` keep the
 * identity labels alone.
 */
export const shapes: Readonly<Record<string, string>> = {
  PodSandboxMetadata: 'name uid namespace attempt',
  ContainerMetadata: 'name attempt',
  ImageSpec: 'image user_specified_image runtime_handler image_ref',

  PodSandboxConfig: 'metadata',
  ContainerConfig: 'metadata image',
  PodSandboxStatus: 'id metadata state runtime_handler',
  ContainerStatus: 'id metadata state exit_code image image_ref image_id labels',

  // Items of list replies, which may be thousands: identity alone. A sandbox's metadata say what its labels would.
  PodSandbox: 'id metadata state runtime_handler',
  Container: 'id pod_sandbox_id metadata image state labels',
  Image: 'id repo_tags repo_digests size pinned',

  PodSandboxFilter: 'id state label_selector',
  ContainerFilter: 'id state pod_sandbox_id label_selector',
  ContainerStatsFilter: 'id pod_sandbox_id label_selector',
  PodSandboxStatsFilter: 'id label_selector',
  ImageFilter: 'image',
  PodSandboxStateValue: 'state',
  ContainerStateValue: 'state',

  PodSandboxStats: 'attributes linux',
  PodSandboxAttributes: 'id metadata',
  LinuxPodSandboxStats: 'containers',
  ContainerStats: 'attributes',
  ContainerAttributes: 'id metadata labels',
  PodSandboxMetrics: 'pod_sandbox_id container_metrics',
  ContainerMetrics: 'container_id',

  RuntimeStatus: 'conditions',
  RuntimeCondition: 'type status',
  RuntimeHandler: 'name features',
  RuntimeHandlerFeatures: 'recursive_read_only_mounts user_namespaces',
  RuntimeFeatures: 'supplemental_groups_policy user_namespaces_host_network mount_options',
  LinuxRuntimeConfiguration: 'cgroup_driver',
  FilesystemUsage: 'used_bytes inodes_used',
  UInt64Value: 'value',
  RestoredContainer: 'name container_id',
};

/** Labels that the kubelet puts on every container, and that say whose it is. */
export const identityLabels = [
  'io.kubernetes.pod.name',
  'io.kubernetes.pod.namespace',
  'io.kubernetes.pod.uid',
  'io.kubernetes.container.name',
] as const;
