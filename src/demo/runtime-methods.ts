import type { Clock } from '../foundation/clock.ts';
import { child, type Message, text } from './codec.ts';
import { type CallEnd, failed } from './grpc-server.ts';
import type { Random } from './random.ts';
import {
  byPrefix,
  type Container,
  containerStatus,
  containersMatching,
  imageOf,
  listedContainer,
  listedImage,
  listedSandbox,
  type RuntimeLimits,
  type RuntimeState,
  sandboxesMatching,
  sandboxStatus,
} from './runtime-state.ts';

/** What a method has at hand. */
export interface MethodContext {
  readonly state: RuntimeState;
  readonly limits: RuntimeLimits;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts when the client gave up. */
  readonly signal: AbortSignal;
  /** Answers with one message. */
  reply(message: Message): Promise<CallEnd>;
  /** Answers a stream with a message for each item, under the given field; none when there are none. */
  stream(field: string, items: readonly Message[]): Promise<CallEnd>;
  /** Sends the state changes of containers until the client leaves. */
  containerEvents(): Promise<CallEnd>;
  changed(container: Container, event: string): void;
}

export type Method = (request: Message, context: MethodContext) => Promise<CallEnd> | CallEnd;

const notFound = 5;
const resourceExhausted = 8;
const unknown = 2;

const sandboxNotFound = (id: string): CallEnd =>
  failed(notFound, `an error occurred when try to find sandbox "${id}": not found`);

const containerNotFound = (id: string): CallEnd =>
  failed(notFound, `an error occurred when try to find container "${id}": not found`);

const exit = (container: Container, context: MethodContext): void => {
  if (container.state !== 'CONTAINER_RUNNING') return;
  container.state = 'CONTAINER_EXITED';
  container.finishedAt = context.clock.now();
  context.changed(container, 'CONTAINER_STOPPED_EVENT');
};

/** With a container found by its id, or NOT_FOUND. */
const onContainer =
  (
    method: (container: Container, request: Message, context: MethodContext) => Promise<CallEnd> | CallEnd,
  ): Method =>
  (request, context) => {
    const id = text(request, 'container_id');
    const container = byPrefix(context.state.containers, id);
    return container === null ? containerNotFound(id) : method(container, request, context);
  };

const stats = (container: Container, { clock, random }: MethodContext): Message => {
  const timestamp = String(clock.now());
  return {
    attributes: {
      id: container.id,
      metadata: child(container.config, 'metadata'),
      labels: child(container.config, 'labels'),
      annotations: child(container.config, 'annotations'),
    },
    cpu: { timestamp, usage_core_nano_seconds: { value: String(Math.floor(random.next() * 1e9)) } },
    memory: { timestamp, working_set_bytes: { value: String(Math.floor(random.next() * 1e6)) } },
  };
};

const listContainers = (request: Message, { state }: MethodContext): Container[] =>
  containersMatching(state, child(request, 'filter'));

/** How the commands of exec probes end: the demo's workload, else success without output. */
const execOutput = (cmd: unknown): Message => {
  const [, verb, ...rest] = Array.isArray(cmd) ? cmd.map(String) : [];
  if (verb === 'exit') return { exit_code: Number.parseInt(rest[0] ?? '0', 10) || 0 };
  return { stdout: verb === 'say' ? Buffer.from(rest.map((line) => `${line}\n`).join('')) : Buffer.alloc(0) };
};

export const runtimeMethods: Readonly<Record<string, Method>> = {
  Version: (_, { reply }) =>
    reply({
      version: '0.1.0',
      runtime_name: 'critrace-demo-runtime',
      runtime_version: '1.0.0',
      runtime_api_version: 'v1',
    }),
  Status: (_, { reply }) =>
    reply({
      status: {
        conditions: [
          { type: 'RuntimeReady', status: true },
          { type: 'NetworkReady', status: true },
        ],
      },
      runtime_handlers: [{ name: '' }, { name: 'runc' }],
    }),
  RuntimeConfig: (_, { reply }) => reply({ linux: { cgroup_driver: 'CGROUPFS' } }),
  UpdateRuntimeConfig: (_, { reply }) => reply({}),

  RunPodSandbox(request, { state, limits, random, clock, reply }) {
    if (state.sandboxes.size >= limits.maxSandboxes)
      return failed(resourceExhausted, 'too many pod sandboxes');
    const id = random.hex(64);
    const ip = `10.88.${(state.sandboxes.size >> 8) & 255}.${state.sandboxes.size & 255}`;
    const config = child(request, 'config');
    state.sandboxes.set(id, { id, config, ip, createdAt: clock.now(), state: 'SANDBOX_READY' });
    return reply({ pod_sandbox_id: id });
  },
  StopPodSandbox(request, context) {
    const id = text(request, 'pod_sandbox_id');
    const sandbox = byPrefix(context.state.sandboxes, id);
    if (sandbox === null) return sandboxNotFound(id);
    for (const container of context.state.containers.values())
      if (container.sandboxId === sandbox.id) exit(container, context);
    sandbox.state = 'SANDBOX_NOTREADY';
    return context.reply({});
  },
  RemovePodSandbox(request, { state, reply, changed }) {
    const sandbox = byPrefix(state.sandboxes, text(request, 'pod_sandbox_id'));
    if (sandbox !== null) {
      state.sandboxes.delete(sandbox.id);
      for (const container of [...state.containers.values()])
        if (container.sandboxId === sandbox.id && state.containers.delete(container.id))
          changed(container, 'CONTAINER_DELETED_EVENT');
    }
    return reply({});
  },
  PodSandboxStatus(request, { state, reply }) {
    const id = text(request, 'pod_sandbox_id');
    const sandbox = byPrefix(state.sandboxes, id);
    return sandbox === null ? sandboxNotFound(id) : reply({ status: sandboxStatus(sandbox) });
  },
  ListPodSandbox: (request, { state, reply }) =>
    reply({ items: sandboxesMatching(state, child(request, 'filter')).map(listedSandbox) }),
  StreamPodSandboxes: (request, { state, stream }) =>
    stream('pod_sandboxes', sandboxesMatching(state, child(request, 'filter')).map(listedSandbox)),

  CreateContainer(request, context) {
    const { state, limits, random, clock } = context;
    const sandboxId = text(request, 'pod_sandbox_id');
    const sandbox = byPrefix(state.sandboxes, sandboxId);
    if (sandbox === null) return failed(unknown, `failed to find sandbox id "${sandboxId}": not found`);
    if (state.containers.size >= limits.maxContainers)
      return failed(resourceExhausted, 'too many containers');
    const config = child(request, 'config');
    const image = text(child(config, 'image'), 'image');
    if (imageOf(state, image) === null)
      return failed(notFound, `failed to create containerd container: image "${image}": not found`);
    const container: Container = {
      id: random.hex(64),
      sandboxId: sandbox.id,
      config,
      createdAt: clock.now(),
      startedAt: 0n,
      finishedAt: 0n,
      exitCode: 0,
      state: 'CONTAINER_CREATED',
    };
    state.containers.set(container.id, container);
    context.changed(container, 'CONTAINER_CREATED_EVENT');
    return context.reply({ container_id: container.id });
  },
  StartContainer: onContainer((container, _, context) => {
    if (container.state !== 'CONTAINER_CREATED')
      return failed(
        unknown,
        `failed to start container "${container.id}": container is in ${container.state} state`,
      );
    container.state = 'CONTAINER_RUNNING';
    container.startedAt = context.clock.now();
    context.changed(container, 'CONTAINER_STARTED_EVENT');
    return context.reply({});
  }),
  StopContainer: onContainer((container, _, context) => {
    exit(container, context);
    return context.reply({});
  }),
  RemoveContainer(request, context) {
    const container = byPrefix(context.state.containers, text(request, 'container_id'));
    if (container !== null) {
      exit(container, context);
      context.state.containers.delete(container.id);
      context.changed(container, 'CONTAINER_DELETED_EVENT');
    }
    return context.reply({});
  },
  ContainerStatus: onContainer((container, _, { reply }) => reply({ status: containerStatus(container) })),
  ListContainers: (request, context) =>
    context.reply({ containers: listContainers(request, context).map(listedContainer) }),
  StreamContainers: (request, context) =>
    context.stream('containers', listContainers(request, context).map(listedContainer)),
  UpdateContainerResources: onContainer((_container, _request, { reply }) => reply({})),
  ReopenContainerLog: onContainer((_container, _request, { reply }) => reply({})),
  ExecSync: onContainer((container, request, { reply }) =>
    container.state === 'CONTAINER_RUNNING'
      ? reply(execOutput(request.cmd))
      : failed(unknown, `container is in ${container.state} state`),
  ),
  ContainerStats: onContainer((container, _, context) => context.reply({ stats: stats(container, context) })),
  ListContainerStats: (request, context) =>
    context.reply({ stats: listContainers(request, context).map((container) => stats(container, context)) }),
  StreamContainerStats: (request, context) =>
    context.stream(
      'container_stats',
      listContainers(request, context).map((container) => stats(container, context)),
    ),
  GetContainerEvents: (_, { containerEvents }) => containerEvents(),

  ListImages: (_, { state, reply }) => reply({ images: [...state.images.values()].map(listedImage) }),
  StreamImages: (_, { state, stream }) => stream('images', [...state.images.values()].map(listedImage)),
  ImageStatus(request, { state, reply }) {
    const image = imageOf(state, text(child(request, 'image'), 'image'));
    return reply(image === null ? {} : { image: listedImage(image) });
  },
  PullImage(request, { state, reply }) {
    const name = text(child(request, 'image'), 'image');
    const image = imageOf(state, name);
    if (image !== null) return reply({ image_ref: image.id });
    const [registry = ''] = name.split('/');
    return failed(
      unknown,
      `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ` +
        `dial tcp ${registry}: connect: connection refused`,
    );
  },
  RemoveImage(request, { state, reply }) {
    const image = imageOf(state, text(child(request, 'image'), 'image'));
    if (image !== null) state.images.delete(image.name);
    return reply({});
  },
  ImageFsInfo: (_, { clock, reply }) =>
    reply({
      image_filesystems: [
        {
          timestamp: String(clock.now()),
          fs_id: { mountpoint: '/var/lib/critrace-demo' },
          used_bytes: { value: '81920' },
          inodes_used: { value: '24' },
        },
      ],
    }),
};
