import { child, type Message, text } from './codec.ts';
import type { Random } from './random.ts';

export type SandboxState = 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
export type ContainerState = 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED';

export interface Sandbox {
  readonly id: string;
  readonly config: Message;
  readonly createdAt: bigint;
  readonly ip: string;
  state: SandboxState;
}

export interface Container {
  readonly id: string;
  readonly sandboxId: string;
  readonly config: Message;
  readonly createdAt: bigint;
  startedAt: bigint;
  finishedAt: bigint;
  exitCode: number;
  state: ContainerState;
}

export interface Image {
  readonly name: string;
  /** sha256:... */
  readonly id: string;
  readonly size: number;
}

export interface RuntimeLimits {
  readonly maxSandboxes: number;
  readonly maxContainers: number;
}

export const defaultRuntimeLimits: RuntimeLimits = { maxSandboxes: 10_000, maxContainers: 100_000 };

/** All that a simulated runtime remembers. Given to a new runtime, it is what a restarted one finds. */
export interface RuntimeState {
  readonly sandboxes: Map<string, Sandbox>;
  readonly containers: Map<string, Container>;
  readonly images: Map<string, Image>;
}

export const createRuntimeState = (images: readonly string[], random: Random): RuntimeState => ({
  sandboxes: new Map(),
  containers: new Map(),
  images: new Map(images.map((name) => [name, { name, id: `sha256:${random.hex(64)}`, size: 20_480 }])),
});

/** Ids are given as typed: a unique prefix is enough, as in containerd. */
export const byPrefix = <T>(entries: ReadonlyMap<string, T>, prefix: string): T | null => {
  const exact = entries.get(prefix);
  if (exact !== undefined) return exact;
  if (prefix === '') return null;
  const found = [...entries].filter(([id]) => id.startsWith(prefix));
  return found.length === 1 ? (found[0]?.[1] ?? null) : null;
};

export const imageOf = (state: RuntimeState, reference: string): Image | null =>
  state.images.get(reference) ?? [...state.images.values()].find(({ id }) => id === reference) ?? null;

const labelsMatch = (labels: Message, selector: Message): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/** A state in a filter: its zero value is not on the wire, the message around it is. */
const wantedState = (filter: Message, zero: string): string | null =>
  'state' in filter ? text(child(filter, 'state'), 'state') || zero : null;

export const sandboxesMatching = (state: RuntimeState, filter: Message): Sandbox[] => {
  const wanted = wantedState(filter, 'SANDBOX_READY');
  return [...state.sandboxes.values()].filter(
    (sandbox) =>
      sandbox.id.startsWith(text(filter, 'id')) &&
      (wanted === null || sandbox.state === wanted) &&
      labelsMatch(child(sandbox.config, 'labels'), child(filter, 'label_selector')),
  );
};

export const containersMatching = (state: RuntimeState, filter: Message): Container[] => {
  const wanted = wantedState(filter, 'CONTAINER_CREATED');
  return [...state.containers.values()].filter(
    (container) =>
      container.id.startsWith(text(filter, 'id')) &&
      container.sandboxId.startsWith(text(filter, 'pod_sandbox_id')) &&
      (wanted === null || container.state === wanted) &&
      labelsMatch(child(container.config, 'labels'), child(filter, 'label_selector')),
  );
};

/** The PodSandbox of a list reply. */
export const listedSandbox = ({ id, config, state, createdAt }: Sandbox): Message => ({
  id,
  metadata: child(config, 'metadata'),
  state,
  created_at: String(createdAt),
  labels: child(config, 'labels'),
  annotations: child(config, 'annotations'),
});

export const sandboxStatus = (sandbox: Sandbox): Message => ({
  ...listedSandbox(sandbox),
  network: { ip: sandbox.state === 'SANDBOX_READY' ? sandbox.ip : '' },
  linux: { namespaces: { options: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' } } },
});

/** The Container of a list reply. */
export const listedContainer = ({ id, sandboxId, config, state, createdAt }: Container): Message => ({
  id,
  pod_sandbox_id: sandboxId,
  metadata: child(config, 'metadata'),
  image: child(config, 'image'),
  image_ref: text(child(config, 'image'), 'image'),
  state,
  created_at: String(createdAt),
  labels: child(config, 'labels'),
  annotations: child(config, 'annotations'),
});

export const containerStatus = (container: Container): Message => {
  const { pod_sandbox_id: _, ...listed } = listedContainer(container);
  const exited = container.state === 'CONTAINER_EXITED';
  return {
    ...listed,
    started_at: String(container.startedAt),
    finished_at: String(container.finishedAt),
    exit_code: container.exitCode,
    ...(exited ? { reason: container.exitCode === 0 ? 'Completed' : 'Error' } : {}),
    log_path: text(container.config, 'log_path'),
    mounts: container.config.mounts ?? [],
  };
};

export const listedImage = ({ name, id, size }: Image): Message => ({
  id,
  repo_tags: [name],
  size: String(size),
});
