import { child, children, type Message, text } from './codec.ts';
import type { CallResult } from './cri-client.ts';
import type { Kubelet } from './kubelet.ts';
import {
  type ContainerPlan,
  containerConfig,
  type PodPlace,
  type PodPlan,
  sandboxConfig,
} from './pod-config.ts';

export interface RunningContainer {
  readonly name: string;
  readonly id: string;
}

export interface RunningPod {
  readonly plan: PodPlan;
  /** Null: RunPodSandbox failed. */
  readonly sandboxId: string | null;
  readonly containers: readonly RunningContainer[];
}

const succeeded = (result: CallResult): boolean => result.record.code === 'OK';

/** What the relist does for a pod that changed. */
export const updatePodStatus = async (kubelet: Kubelet, plan: PodPlan, sync: string): Promise<void> => {
  const filter = { label_selector: { 'io.kubernetes.pod.uid': plan.uid } };
  const sandboxes = await kubelet.invoke('ListPodSandbox', { filter }, { sync });
  for (const sandbox of children(sandboxes.response, 'items'))
    await kubelet.invoke('PodSandboxStatus', { pod_sandbox_id: text(sandbox, 'id') }, { sync });
  const containers = await kubelet.invoke('ListContainers', { filter }, { sync });
  for (const container of children(containers.response, 'containers'))
    await kubelet.invoke('ContainerStatus', { container_id: text(container, 'id') }, { sync });
};

/** ImagePullPolicy IfNotPresent. The reference to create the container with, or null. */
const ensureImage = async (
  kubelet: Kubelet,
  image: string,
  config: Message,
  sync: string,
): Promise<string | null> => {
  const spec = { image, annotations: child(config, 'annotations') };
  const present = await kubelet.invoke('ImageStatus', { image: spec }, { sync });
  const id = text(child(present.response, 'image'), 'id');
  if (id !== '') return id;
  const pulled = await kubelet.invoke('PullImage', { image: spec, sandbox_config: config }, { sync });
  const ref = text(pulled.response, 'image_ref');
  if (ref === '') return null;
  await kubelet.invoke('ImageStatus', { image: spec }, { sync });
  return ref;
};

/** syncPod: the sandbox, then the containers in order. A container that fails is left out, the others start. */
export const startPod = async (kubelet: Kubelet, plan: PodPlan, place: PodPlace): Promise<RunningPod> => {
  const sync = `start-${plan.uid}`;
  const config = sandboxConfig(plan, place);
  const sandbox = await kubelet.invoke('RunPodSandbox', { config }, { sync });
  if (!succeeded(sandbox)) return { plan, sandboxId: null, containers: [] };
  const sandboxId = text(sandbox.response, 'pod_sandbox_id');
  await kubelet.invoke('PodSandboxStatus', { pod_sandbox_id: sandboxId }, { sync });

  const start = async (container: ContainerPlan): Promise<RunningContainer | null> => {
    const imageRef = await ensureImage(kubelet, container.image, config, sync);
    if (imageRef === null) return null;
    const created = await kubelet.invoke(
      'CreateContainer',
      {
        pod_sandbox_id: sandboxId,
        config: containerConfig(plan, container, place, imageRef),
        sandbox_config: config,
      },
      { sync },
    );
    if (!succeeded(created)) return null;
    const id = text(created.response, 'container_id');
    await kubelet.invoke('StartContainer', { container_id: id }, { sync });
    return { name: container.name, id };
  };

  const containers: RunningContainer[] = [];
  for (const container of plan.containers) {
    const started = await start(container);
    if (started !== null) containers.push(started);
  }
  await updatePodStatus(kubelet, plan, `relist-${plan.uid}-started`);
  return { plan, sandboxId, containers };
};

/** An exec probe. True: the command exited with 0 within `timeoutSeconds`. */
export const execProbe = async (
  kubelet: Kubelet,
  container: RunningContainer,
  cmd: readonly string[],
  timeoutSeconds: number,
): Promise<boolean> => {
  const result = await kubelet.invoke(
    'ExecSync',
    { container_id: container.id, cmd, timeout: timeoutSeconds },
    { extraMs: timeoutSeconds * 1_000, sync: `probe-${container.id}` },
  );
  return succeeded(result) && (result.response.exit_code ?? 0) === 0;
};

/** killPod, the status update after it, and the garbage collection of a pod that was deleted. */
export const stopPod = async (kubelet: Kubelet, pod: RunningPod, graceSeconds: number): Promise<void> => {
  const { plan, sandboxId, containers } = pod;
  if (sandboxId === null) return;
  const sync = `stop-${plan.uid}`;
  await Promise.all(
    containers.map(({ id }) =>
      kubelet.invoke(
        'StopContainer',
        { container_id: id, timeout: graceSeconds },
        { extraMs: graceSeconds * 1_000, sync },
      ),
    ),
  );
  await kubelet.invoke('StopPodSandbox', { pod_sandbox_id: sandboxId }, { sync });
  await updatePodStatus(kubelet, plan, `relist-${plan.uid}-stopped`);

  const collection = `gc-${plan.uid}`;
  for (const { id } of containers) {
    await kubelet.invoke('ContainerStatus', { container_id: id }, { sync: collection });
    await kubelet.invoke('RemoveContainer', { container_id: id }, { sync: collection });
  }
  await kubelet.invoke('StopPodSandbox', { pod_sandbox_id: sandboxId }, { sync: collection });
  await kubelet.invoke('RemovePodSandbox', { pod_sandbox_id: sandboxId }, { sync: collection });
};
