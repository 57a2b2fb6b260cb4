import type { PodIdentity } from '../../cri/facts.ts';
import type { Kept, KeptValue } from '../../cri/kept.ts';
import { isKept, listOf } from '../../cri/path.ts';
import { isImageId, type KnownContainer, type KnownSandbox, type Told } from './known.ts';

/** Takes what a message tells. */
export interface Learner {
  /** What a message says that is shared by many replies need not be taken apart again. */
  hasSandbox(id: string, from: Kept): boolean;
  hasContainer(id: string, from: Kept): boolean;
  sandbox(told: KnownSandbox, from?: Kept): void;
  container(told: Told<KnownContainer>, from?: Kept): void;
  pod(pod: PodIdentity): void;
  image(id: string, name: string): void;
}

const at = (value: KeptValue | undefined, ...steps: readonly string[]): KeptValue | undefined => {
  let found = value;
  for (const step of steps) found = isKept(found) ? found[step] : undefined;
  return found;
};

const text = (value: KeptValue | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

/** A number that is not on the wire is 0, where the message that would have it is there. */
const attemptOf = (metadata: KeptValue | undefined): number | null =>
  !isKept(metadata) ? null : typeof metadata.attempt === 'number' ? metadata.attempt : 0;

const podOf = (metadata: KeptValue | undefined): PodIdentity | null => {
  const name = text(at(metadata, 'name'));
  return name === null
    ? null
    : {
        namespace: text(at(metadata, 'namespace')),
        name,
        uid: text(at(metadata, 'uid')),
        attempt: attemptOf(metadata),
      };
};

/** The metadata of the pod in a request to make something of it. */
export const podNamedBy = (request: Kept): PodIdentity | null =>
  podOf(at(request.sandbox_config, 'metadata')) ??
  (request.pod_sandbox_id === undefined ? podOf(at(request.config, 'metadata')) : null);

const podOfLabels = (labels: KeptValue | undefined): PodIdentity | null => {
  const name = text(at(labels, 'io.kubernetes.pod.name'));
  return name === null
    ? null
    : {
        namespace: text(at(labels, 'io.kubernetes.pod.namespace')),
        name,
        uid: text(at(labels, 'io.kubernetes.pod.uid')),
        attempt: null,
      };
};

const imageOf = (spec: KeptValue | undefined): string | null =>
  text(at(spec, 'user_specified_image')) ?? text(at(spec, 'image'));

/** PodSandbox, PodSandboxStatus and PodSandboxAttributes say it under the same names. */
const learnSandbox = (of: KeptValue | undefined, learner: Learner): string | null => {
  if (!isKept(of)) return null;
  const id = text(of.id);
  if (id === null || learner.hasSandbox(id, of)) return id;
  const pod = podOf(of.metadata);
  if (pod !== null) learner.sandbox({ id, pod, runtimeHandler: text(of.runtime_handler) }, of);
  return id;
};

/** Container, ContainerStatus and ContainerAttributes likewise. */
const learnContainer = (of: KeptValue | undefined, sandboxId: string | null, learner: Learner): void => {
  if (!isKept(of)) return;
  const id = text(of.id);
  if (id === null || learner.hasContainer(id, of)) return;
  const { metadata, labels } = of;
  const pod = podOfLabels(labels);
  if (pod !== null) learner.pod(pod);
  const own = text(of.pod_sandbox_id);
  learner.container(
    {
      id,
      name: text(at(metadata, 'name')) ?? text(at(labels, 'io.kubernetes.container.name')),
      attempt: attemptOf(metadata),
      sandboxId: own ?? sandboxId,
      pod,
      image: imageOf(of.image),
      imageId: text(of.image_id),
      state: text(of.state),
    },
    // With a sandbox from elsewhere it is not this message alone that says so.
    own === null && sandboxId !== null ? undefined : of,
  );
};

const learnImage = (of: KeptValue | undefined, learner: Learner): void => {
  const id = text(at(of, 'id'));
  const name = text(listOf(at(of, 'repo_tags'))[0]) ?? text(listOf(at(of, 'repo_digests'))[0]);
  if (id !== null && name !== null) learner.image(id, name);
};

const learnEach = (items: KeptValue | undefined, learn: (item: KeptValue) => void): void => {
  for (const item of listOf(items)) learn(item);
};

const learnPodStats = (item: KeptValue | undefined, learner: Learner): void => {
  const sandboxId = learnSandbox(at(item, 'attributes'), learner);
  learnEach(at(item, 'linux', 'containers'), (one) =>
    learnContainer(at(one, 'attributes'), sandboxId, learner),
  );
};

const learnPodMetrics = (item: KeptValue, learner: Learner): void => {
  const sandboxId = text(at(item, 'pod_sandbox_id'));
  learnEach(at(item, 'container_metrics'), (one) => {
    const id = text(at(one, 'container_id'));
    if (id !== null && sandboxId !== null) learner.container({ id, sandboxId });
  });
};

const learnMade = (request: Kept | null, response: Kept | null, learner: Learner): void => {
  const pod = podOf(at(request ?? undefined, 'config', 'metadata'));
  const id = text(response?.pod_sandbox_id);
  if (pod === null) return;
  if (id === null) learner.pod(pod);
  else learner.sandbox({ id, pod, runtimeHandler: text(request?.runtime_handler) });
};

const learnCreated = (request: Kept | null, response: Kept | null, learner: Learner): void => {
  if (request === null) return;
  const config = request.config;
  const sandboxId = text(request.pod_sandbox_id);
  const pod = podOf(at(request.sandbox_config, 'metadata'));
  if (pod !== null && sandboxId !== null) learner.sandbox({ id: sandboxId, pod, runtimeHandler: null });
  const id = text(response?.container_id);
  if (id === null) return;
  learner.container({
    id,
    name: text(at(config, 'metadata', 'name')),
    attempt: attemptOf(at(config, 'metadata')),
    sandboxId,
    image: imageOf(at(config, 'image')),
  });
};

type Lesson = (request: Kept | null, response: Kept | null, learner: Learner) => void;

/** Of the whole reply. */
const reply =
  (learn: (response: Kept, learner: Learner) => void): Lesson =>
  (_request, response, learner) => {
    if (response !== null) learn(response, learner);
  };

/** Of each element of a repeated field of the reply. */
const replied = (field: string, learn: (item: KeptValue, learner: Learner) => void): Lesson =>
  reply((response, learner) => learnEach(response[field], (item) => learn(item, learner)));

const learnRestored: Lesson = (request, response, learner) => {
  learnMade(request, response, learner);
  const sandboxId = text(response?.pod_sandbox_id);
  learnEach(response?.restored_containers, (one) => {
    const id = text(at(one, 'container_id'));
    if (id !== null) learner.container({ id, name: text(at(one, 'name')), sandboxId });
  });
};

const learnPulled: Lesson = (request, response, learner) => {
  const pod = podOf(at(request?.sandbox_config, 'metadata'));
  if (pod !== null) learner.pod(pod);
  const id = text(response?.image_ref);
  const name = text(at(request?.image, 'image'));
  if (id !== null && name !== null && isImageId(id) && !isImageId(name)) learner.image(id, name);
};

const containerItem = (item: KeptValue, learner: Learner): void => learnContainer(item, null, learner);

const containerStats = (item: KeptValue, learner: Learner): void =>
  learnContainer(at(item, 'attributes'), null, learner);

const sandboxItem = (item: KeptValue, learner: Learner): void => {
  learnSandbox(item, learner);
};

/** By method: those that tell nothing of who is who are not here. */
const lessons: ReadonlyMap<string, Lesson> = new Map([
  ['RunPodSandbox', learnMade],
  ['RestorePod', learnRestored],
  ['CreateContainer', learnCreated],
  ['PullImage', learnPulled],
  [
    'PodSandboxStatus',
    reply(({ status, containers_statuses }, learner) => {
      const sandboxId = learnSandbox(status, learner);
      learnEach(containers_statuses, (one) => learnContainer(one, sandboxId, learner));
    }),
  ],
  [
    'GetContainerEvents',
    reply(({ container_id, pod_sandbox_status, containers_statuses }, learner) => {
      const sandboxId = learnSandbox(pod_sandbox_status, learner);
      // Of a container that is gone there is no status.
      const id = text(container_id);
      if (id !== null && sandboxId !== null) learner.container({ id, sandboxId });
      learnEach(containers_statuses, (one) => learnContainer(one, sandboxId, learner));
    }),
  ],
  ['ContainerStatus', reply(({ status }, learner) => learnContainer(status, null, learner))],
  ['ContainerStats', reply(({ stats }, learner) => learnContainer(at(stats, 'attributes'), null, learner))],
  ['PodSandboxStats', reply(({ stats }, learner) => learnPodStats(stats, learner))],
  ['ImageStatus', reply(({ image }, learner) => learnImage(image, learner))],
  ['ListPodSandbox', replied('items', sandboxItem)],
  ['StreamPodSandboxes', replied('pod_sandboxes', sandboxItem)],
  ['ListContainers', replied('containers', containerItem)],
  ['StreamContainers', replied('containers', containerItem)],
  ['ListContainerStats', replied('stats', containerStats)],
  ['StreamContainerStats', replied('container_stats', containerStats)],
  ['ListPodSandboxStats', replied('stats', learnPodStats)],
  ['StreamPodSandboxStats', replied('pod_sandbox_stats', learnPodStats)],
  ['ListPodSandboxMetrics', replied('pod_metrics', learnPodMetrics)],
  ['StreamPodSandboxMetrics', replied('pod_sandbox_metrics', learnPodMetrics)],
  ['ListImages', replied('images', learnImage)],
  ['StreamImages', replied('images', learnImage)],
]);

/**
 * What one message of a call tells about who is who. With a response, `request` is what the same call asked for:
 * only together they say which id was made for whom.
 */
export const learnFrom = (rpc: string, request: Kept | null, response: Kept | null, learner: Learner): void =>
  lessons.get(rpc)?.(request, response, learner);
