import type { Message } from './codec.ts';

export interface ContainerPlan {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
}

export interface PodPlan {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly attempt: number;
  readonly containers: readonly ContainerPlan[];
}

/** Where the pods' files and cgroups are to be. */
export interface PodPlace {
  readonly logFolder: string;
  readonly volumeFolder: string;
  readonly cgroupParent: string;
}

const podLabels = (pod: PodPlan): Record<string, string> => ({
  'io.kubernetes.pod.name': pod.name,
  'io.kubernetes.pod.namespace': pod.namespace,
  'io.kubernetes.pod.uid': pod.uid,
});

export const podLogFolder = (pod: PodPlan, place: PodPlace): string =>
  `${place.logFolder}/${pod.namespace}_${pod.name}_${pod.uid}`;

export const containerLogFolder = (pod: PodPlan, container: ContainerPlan, place: PodPlace): string =>
  `${podLogFolder(pod, place)}/${container.name}`;

export const podCgroup = (pod: PodPlan, place: PodPlace): string =>
  `${place.cgroupParent}/kubepods/besteffort/pod${pod.uid}`;

/** Namespaces as a kubelet asks for a pod without host namespaces and without a shared pid namespace. */
const namespaceOptions = { network: 'POD', pid: 'CONTAINER', ipc: 'POD' };

/** PodSandboxConfig. */
export const sandboxConfig = (pod: PodPlan, place: PodPlace): Message => ({
  metadata: { name: pod.name, uid: pod.uid, namespace: pod.namespace, attempt: pod.attempt },
  hostname: pod.name,
  log_directory: podLogFolder(pod, place),
  dns_config: {
    servers: ['10.96.0.10'],
    searches: [`${pod.namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'],
    options: ['ndots:5'],
  },
  labels: { app: 'web', ...podLabels(pod) },
  annotations: {
    'kubernetes.io/config.seen': '2026-01-01T00:00:00.000000000Z',
    'kubernetes.io/config.source': 'api',
  },
  linux: {
    cgroup_parent: podCgroup(pod, place),
    security_context: {
      namespace_options: namespaceOptions,
      seccomp: { profile_type: 'RuntimeDefault' },
      seccomp_profile_path: 'runtime/default',
    },
    sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' },
    overhead: {},
    resources: { cpu_period: 100000, cpu_shares: 2 },
  },
});

/** ContainerConfig. A resolved Secret is among the environment, as on a real node: an observer must not show it. */
export const containerConfig = (
  pod: PodPlan,
  container: ContainerPlan,
  place: PodPlace,
  imageRef: string,
): Message => ({
  metadata: { name: container.name, attempt: 0 },
  image: { image: imageRef, user_specified_image: container.image },
  args: container.args,
  envs: [
    { key: 'DATABASE_PASSWORD', value: Buffer.from('demo-secret-never-to-be-shown') },
    { key: 'KUBERNETES_SERVICE_HOST', value: Buffer.from('10.96.0.1') },
    { key: 'KUBERNETES_SERVICE_PORT', value: Buffer.from('443') },
  ],
  mounts: [{ container_path: '/etc/hosts', host_path: `${place.volumeFolder}/hosts`, readonly: false }],
  labels: { 'io.kubernetes.container.name': container.name, ...podLabels(pod) },
  annotations: {
    'io.kubernetes.container.hash': '5d2a4c1f',
    'io.kubernetes.container.restartCount': '0',
    'io.kubernetes.container.terminationMessagePath': '/dev/termination-log',
    'io.kubernetes.container.terminationMessagePolicy': 'File',
    'io.kubernetes.pod.terminationGracePeriod': '30',
  },
  log_path: `${container.name}/0.log`,
  linux: {
    resources: { cpu_period: '100000', cpu_shares: '2', oom_score_adj: '1000' },
    security_context: {
      namespace_options: namespaceOptions,
      run_as_user: { value: '0' },
      masked_paths: ['/proc/kcore', '/proc/keys', '/proc/timer_list'],
      readonly_paths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
      seccomp: { profile_type: 'RuntimeDefault' },
      no_new_privs: true,
    },
  },
});
