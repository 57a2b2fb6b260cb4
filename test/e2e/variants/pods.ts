import type { Message } from '../../../src/demo/codec.ts';
import type { Kubelet } from './kubelets.ts';

export interface StartedPod {
  readonly uid: string;
  readonly sandbox: string;
  readonly container: string;
}

const image = 'registry.k8s.io/app:1';

const idIn = (reply: Message | null, field: string): string => {
  const id = reply?.[field];
  if (typeof id !== 'string' || id === '') throw new TypeError(`no ${field} came`);
  return id;
};

const podLabels = (name: string): Message => ({
  'io.kubernetes.pod.name': name,
  'io.kubernetes.pod.namespace': 'shop',
  'io.kubernetes.pod.uid': `uid-of-${name}`,
});

export const sandboxConfig = (name: string, attempt = 0): Message => ({
  metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, attempt },
  labels: podLabels(name),
});

/** Only its sandbox. */
export const makeSandbox = async (kubelet: Kubelet, name: string): Promise<string> =>
  idIn(
    await kubelet.call(kubelet.runtimeVersion(), 'RunPodSandbox', { config: sandboxConfig(name) }),
    'pod_sandbox_id',
  );

/** Takes so many seconds. */
export const pullFor = (kubelet: Kubelet, name: string, seconds: number): Promise<Message | null> =>
  kubelet.call(
    kubelet.imageVersion(),
    'PullImage',
    { image: { image }, sandbox_config: sandboxConfig(name) },
    seconds,
  );

export const makeContainer = async (
  kubelet: Kubelet,
  name: string,
  sandbox: string,
  attempt: number,
  sandboxAttempt = 0,
): Promise<string> => {
  const version = kubelet.runtimeVersion();
  const made = await kubelet.call(version, 'CreateContainer', {
    pod_sandbox_id: sandbox,
    config: {
      metadata: { name: 'app', attempt },
      image: { image },
      labels: { ...podLabels(name), 'io.kubernetes.container.name': 'app' },
    },
    sandbox_config: sandboxConfig(name, sandboxAttempt),
  });
  const container = idIn(made, 'container_id');
  await kubelet.call(version, 'StartContainer', { container_id: container });
  return container;
};

/** `pull`: the image is pulled, after the sandbox is there as kubelets do, or before it. */
export const startPod = async (
  kubelet: Kubelet,
  name: string,
  { attempt = 0, pull = 'none' }: { attempt?: number; pull?: 'none' | 'before' | 'after' } = {},
): Promise<StartedPod> => {
  const version = kubelet.runtimeVersion();
  const config = sandboxConfig(name, attempt);
  const pulls = (): Promise<Message | null> =>
    kubelet.call(kubelet.imageVersion(), 'PullImage', { image: { image }, sandbox_config: config });
  if (pull === 'before') await pulls();
  const made = await kubelet.call(version, 'RunPodSandbox', { config });
  const sandbox = idIn(made, 'pod_sandbox_id');
  await kubelet.call(version, 'PodSandboxStatus', { pod_sandbox_id: sandbox });
  if (pull === 'after') await pulls();
  const container = await makeContainer(kubelet, name, sandbox, 0, attempt);
  return { uid: `uid-of-${name}`, sandbox, container };
};
