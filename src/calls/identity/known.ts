import type { PodIdentity } from '../../cri/facts.ts';

/** What the messages of an endpoint have told of a pod sandbox. */
export interface KnownSandbox {
  readonly id: string;
  readonly pod: PodIdentity;
  readonly runtimeHandler: string | null;
}

/** What they have told of a container. */
export interface KnownContainer {
  readonly id: string;
  readonly name: string | null;
  /** How often the container of this name was made before (ContainerMetadata.attempt). */
  readonly attempt: number | null;
  readonly sandboxId: string | null;
  /** From the kubelet's labels: without the sandbox's attempt. */
  readonly pod: PodIdentity | null;
  /** A reference by name where one was ever seen, else what the runtime calls it. */
  readonly image: string | null;
  readonly imageId: string | null;
  /** `CONTAINER_RUNNING`, ... as told last. */
  readonly state: string | null;
}

export type Told<Known> = { readonly id: string } & Partial<Known>;

/** `sha256:...`, or hexadecimal digits alone. */
export const isImageId = (image: string): boolean => /^(?:sha256:)?[0-9a-f]{6,64}$/.test(image);

/** The digits: some name an image's id with its algorithm, some without. */
export const imageKey = (id: string): string => (id.startsWith('sha256:') ? id.slice(7) : id);

export const samePod = (one: PodIdentity, other: PodIdentity): boolean =>
  one.uid === other.uid &&
  one.attempt === other.attempt &&
  one.name === other.name &&
  one.namespace === other.namespace;

const newer = <Value>(told: Value | null | undefined, before: Value | null): Value | null => told ?? before;

export const mergeContainer = (
  before: KnownContainer | undefined,
  told: Told<KnownContainer>,
): KnownContainer => {
  if (before === undefined) {
    return {
      id: told.id,
      name: told.name ?? null,
      attempt: told.attempt ?? null,
      sandboxId: told.sandboxId ?? null,
      pod: told.pod ?? null,
      image: told.image ?? null,
      imageId: told.imageId ?? null,
      state: told.state ?? null,
    };
  }
  // Runtimes name an image by its id in lists, where the request to create the container had its name.
  const keepsImage = before.image !== null && typeof told.image === 'string' && isImageId(told.image);
  const image = keepsImage ? before.image : newer(told.image, before.image);
  const name = newer(told.name, before.name);
  const attempt = newer(told.attempt, before.attempt);
  const sandboxId = newer(told.sandboxId, before.sandboxId);
  const imageId = newer(told.imageId, before.imageId);
  const state = newer(told.state, before.state);
  const pod = before.pod ?? told.pod ?? null;
  const isSame =
    image === before.image &&
    name === before.name &&
    attempt === before.attempt &&
    sandboxId === before.sandboxId &&
    imageId === before.imageId &&
    state === before.state &&
    pod === before.pod;
  return isSame ? before : { id: before.id, name, attempt, sandboxId, pod, image, imageId, state };
};
