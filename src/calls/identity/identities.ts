import type { CallFacts, PodIdentity } from '../../cri/facts.ts';
import type { Kept } from '../../cri/kept.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { Call, IdentitySource } from '../call.ts';
import { createBoundedMap } from './bounded-map.ts';
import { createIdTable, type Found, type IdTable } from './id-table.ts';
import {
  imageKey,
  isImageId,
  type KnownContainer,
  type KnownSandbox,
  mergeContainer,
  samePod,
} from './known.ts';
import { type Learner, learnFrom, podNamedBy } from './lessons.ts';
import type { IdentityCounters, IdentityLimits } from './limits.ts';

/** Who is who at one endpoint: what messages tell of sandboxes, containers and images, and what calls then mean. */
export interface Identities {
  /** A message of a call came; `response` is null when it was the request. */
  learn(rpc: string, request: Kept | null, response: Kept | null): void;
  /** All that is known of whom a call concerns. */
  complete(call: Call): Pick<Call, 'facts' | 'identitySource'>;
  /** The pod that a call's own messages mean, by what is known now. */
  podOf(facts: CallFacts): PodIdentity | null;
  /** Grows with each sandbox and container that is new, or that more is known of. */
  version(): number;
  /** The pod that a request to do something with one names, by its metadata or by an id. */
  podOfRequest(request: Kept): PodIdentity | null;
  containersOf(sandboxId: string): readonly KnownContainer[];
  /** A list of all containers was seen: one that is not known was not made before. */
  containersListed(): void;
  /**
   * A container that was made before is made anew or started. Whether the one before was in the same sandbox, which makes it
   * a restart, or in another, only a list of all containers tells, and none was seen.
   */
  awaitsList(call: Pick<Call, 'rpc' | 'facts'>): boolean;
  /** Pod and name of a container by its id, or the pod alone by its uid. */
  whoIs(
    containerId: string | null,
    podUid: string | null,
  ): { readonly pod: PodIdentity; readonly containerName: string | null } | null;
  /** A sandbox of this pod and attempt was seen. */
  hasSandbox(pod: PodIdentity): boolean;
}

const complete = (pod: PodIdentity, from: PodIdentity | undefined): PodIdentity =>
  from === undefined
    ? pod
    : {
        namespace: pod.namespace ?? from.namespace,
        name: pod.name ?? from.name,
        uid: pod.uid ?? from.uid,
        attempt: pod.attempt ?? from.attempt,
      };

export const createIdentities = (limits: IdentityLimits, counters: IdentityCounters): Identities => {
  const { minPrefix, removalGrace } = limits;
  const table = <Entry>(maxEntries: number, onForgotten: () => void): IdTable<Entry> =>
    createIdTable({ maxEntries, minPrefix, removalGrace, onForgotten });
  const sandboxes = table<KnownSandbox>(limits.maxSandboxes, () => {
    counters.sandboxesForgotten += 1;
  });
  const containers = table<KnownContainer>(limits.maxContainers, () => {
    counters.containersForgotten += 1;
  });
  /** Names by the digits of the id. */
  const images = table<string>(limits.maxImages, () => {
    counters.imagesForgotten += 1;
  });
  /** By uid, for requests that name nothing else. Sandboxes of one pod differ in their attempt. */
  const pods = createBoundedMap<PodIdentity>(limits.maxSandboxes, () => {});
  let version = 0;
  let allListed = false;

  const learnPod = (pod: PodIdentity): void => {
    if (pod.uid === null) return;
    const before = pods.renew(pod.uid);
    const isSame = before !== undefined && before.name === pod.name && before.namespace === pod.namespace;
    if (!isSame) pods.set(pod.uid, { ...pod, attempt: null });
  };

  const find = <Entry>(from: IdTable<Entry>, id: string): Found<Entry> | undefined => {
    const found = from.find(id);
    if (found !== 'ambiguous') return found;
    counters.ambiguousPrefixes += 1;
    return undefined;
  };

  /** A sandbox that only its containers tell of so far: which attempt of the pod it is they do not say. */
  const addSandboxOf = ({ sandboxId: id, pod }: KnownContainer): void => {
    if (id !== null && pod !== null && sandboxes.get(id) === undefined)
      sandboxes.set(id, { id, pod, runtimeHandler: null });
  };

  const learner: Learner = {
    hasSandbox(id, from) {
      const known = sandboxes.getAgain(id, from);
      if (known === undefined) return false;
      learnPod(known.pod);
      return true;
    },
    hasContainer(id, from) {
      const known = containers.getAgain(id, from);
      if (known === undefined) return false;
      if (known.pod !== null) learnPod(known.pod);
      addSandboxOf(known);
      return true;
    },
    sandbox(told, from) {
      learnPod(told.pod);
      const found = find(sandboxes, told.id);
      const before = found?.entry;
      const runtimeHandler = told.runtimeHandler ?? before?.runtimeHandler ?? null;
      const isSame =
        before !== undefined && before.runtimeHandler === runtimeHandler && samePod(before.pod, told.pod);
      if (!isSame) version += 1;
      const id = found?.id ?? told.id;
      sandboxes.set(id, isSame ? before : { id, pod: told.pod, runtimeHandler }, from);
    },
    container(told, from) {
      const { sandboxId } = told;
      const whole = sandboxId == null ? undefined : find(sandboxes, sandboxId)?.id;
      const resolved = whole === undefined || whole === sandboxId ? told : { ...told, sandboxId: whole };
      const before = containers.get(told.id);
      const merged = mergeContainer(before, resolved);
      if (merged !== before) version += 1;
      containers.set(told.id, merged, from);
      addSandboxOf(merged);
    },
    pod: learnPod,
    image: (id, name) => images.set(imageKey(id), name),
  };

  const expire = (now: Nanos): void => {
    containers.expire(now);
    const gone = sandboxes.expire(now);
    if (gone.length === 0) return;
    for (const { id, sandboxId } of containers.values()) {
      if (sandboxId !== null && gone.includes(sandboxId)) containers.remove(id, now - removalGrace);
    }
    containers.expire(now);
  };

  /** What the ids in a call's messages lead to. */
  const resolve = ({ containerId, sandboxId, pod: own }: CallFacts) => {
    const container = containerId === null ? undefined : find(containers, containerId)?.entry;
    const namedSandbox = sandboxId ?? container?.sandboxId ?? null;
    const sandbox = namedSandbox === null ? undefined : find(sandboxes, namedSandbox)?.entry;
    const fromIds = sandbox?.pod ?? container?.pod ?? undefined;
    const known = own?.uid == null ? fromIds : fromIds?.uid === own.uid ? fromIds : pods.get(own.uid);
    const pod = own === null ? (fromIds ?? null) : complete(own, known);
    return { container, namedSandbox, sandbox, pod };
  };

  /** The name of an image that is named by its id. */
  const imageName = (image: string): string | null =>
    isImageId(image) ? (find(images, imageKey(image))?.entry ?? null) : null;

  const forget = (call: Call, sandboxId: string | null, containerId: string | null): void => {
    if (call.result.statusCode !== 0 || call.end === null) return;
    if (call.rpc === 'RemovePodSandbox' && sandboxId !== null) sandboxes.remove(sandboxId, call.end);
    if (call.rpc === 'RemoveContainer' && containerId !== null) containers.remove(containerId, call.end);
  };

  return {
    learn: (rpc, request, response) => learnFrom(rpc, request, response, learner),
    podOf: (facts) => resolve(facts).pod,
    version: () => version,
    podOfRequest(request) {
      const named = podNamedBy(request);
      if (named !== null) return named;
      const { container_id, pod_sandbox_id } = request;
      const container = typeof container_id === 'string' ? find(containers, container_id)?.entry : undefined;
      const sandboxId = container?.sandboxId ?? pod_sandbox_id;
      const sandbox = typeof sandboxId === 'string' ? find(sandboxes, sandboxId)?.entry : undefined;
      return sandbox?.pod ?? container?.pod ?? null;
    },
    containersListed() {
      if (allListed) return;
      allListed = true;
      version += 1;
    },
    awaitsList({ rpc, facts }) {
      if (allListed || (rpc !== 'CreateContainer' && rpc !== 'StartContainer')) return false;
      return (facts.containerAttempt ?? resolve(facts).container?.attempt ?? 0) > 0;
    },
    containersOf: (sandboxId) => [...containers.values()].filter((one) => one.sandboxId === sandboxId),
    whoIs(containerId, podUid) {
      const container = containerId === null ? undefined : containers.get(containerId);
      const sandbox = container?.sandboxId == null ? undefined : sandboxes.get(container.sandboxId);
      const pod = sandbox?.pod ?? container?.pod ?? (podUid === null ? undefined : pods.get(podUid));
      return pod === undefined ? null : { pod, containerName: container?.name ?? null };
    },
    hasSandbox(pod) {
      for (const sandbox of sandboxes.values()) if (samePod(sandbox.pod, pod)) return true;
      return false;
    },
    complete(call) {
      if (call.end !== null) expire(call.end);
      const { facts } = call;
      if (
        facts.pod === null &&
        facts.sandboxId === null &&
        facts.containerId === null &&
        facts.image === null
      )
        return call;
      const { pod: own } = facts;
      const { container, namedSandbox, sandbox, pod } = resolve(facts);
      const image = facts.image ?? container?.image ?? null;
      const named = image === null ? null : imageName(image);
      const completed: CallFacts = {
        pod,
        sandboxId: sandbox?.id ?? namedSandbox,
        containerId: container?.id ?? facts.containerId,
        containerName: facts.containerName ?? container?.name ?? null,
        containerAttempt: facts.containerAttempt ?? container?.attempt ?? null,
        image: named ?? image,
        imageRef: facts.imageRef,
        imageId: facts.imageId ?? container?.imageId ?? (named === null ? null : image),
        runtimeHandler: facts.runtimeHandler ?? sandbox?.runtimeHandler ?? null,
        commandDigest: facts.commandDigest,
        items: facts.items,
        values: facts.values,
      };
      forget(call, completed.sandboxId, completed.containerId);
      const identitySource: IdentitySource =
        (pod !== null && pod.name !== null && own?.name == null) ||
        (container !== undefined && own === null && pod === null) ||
        (pod === null && named !== null)
          ? 'cache'
          : 'call';
      if (identitySource === 'cache') counters.fromCache += 1;
      else if ((facts.sandboxId !== null || facts.containerId !== null) && pod === null)
        counters.unknownIds += 1;
      return { facts: completed, identitySource };
    },
  };
};
