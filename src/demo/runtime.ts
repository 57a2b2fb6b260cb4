import type { Clock } from '../foundation/clock.ts';
import {
  type ApiVersion,
  type Message,
  type MethodCodec,
  methodCodecs,
  type ServiceName,
  serviceNames,
} from './codec.ts';
import { type CallEnd, createGrpcServer, failed, finished, type ServerCall } from './grpc-server.ts';
import { pause } from './pause.ts';
import { seededRandom } from './random.ts';
import { type Method, type MethodContext, runtimeMethods } from './runtime-methods.ts';
import {
  type Container,
  containerStatus,
  createRuntimeState,
  defaultRuntimeLimits,
  type RuntimeLimits,
  type RuntimeState,
  sandboxStatus,
} from './runtime-state.ts';

/** What is done to one call before its method runs. Null: nothing. */
export interface Fault {
  /** Waits so long first; the client may give up meanwhile. */
  readonly delayMs?: number;
  /** Ends the call so, without running the method. */
  readonly end?: CallEnd;
}

export interface RuntimeOptions {
  readonly clock: Clock;
  readonly seed?: number;
  /** The API versions it serves; a service of another one is unknown to it. */
  readonly versions?: readonly ApiVersion[];
  /** Default both. A snapshotter's socket serves the image service only. */
  readonly services?: readonly ServiceName[];
  /** Methods that it is too old for: "unknown method". */
  readonly without?: readonly string[];
  /** Names of the images that are there. */
  readonly images?: readonly string[];
  /** What an earlier runtime left: a restart. */
  readonly state?: RuntimeState;
  /** Factor on the usual latencies; 0: as fast as it can. */
  readonly pace?: number;
  readonly fault?: (call: { readonly method: string; readonly ordinal: number }) => Fault | null;
  readonly gzipReplies?: boolean;
  readonly limits?: RuntimeLimits;
}

export interface SimulatedRuntime {
  readonly state: RuntimeState;
  listen(socket: string): Promise<void>;
  /** As if killed: the socket goes, and every connection with it. */
  close(): Promise<void>;
}

const unimplemented = 12;

/** What containerd says while its CRI plugin starts. */
export const notInitialized: CallEnd = failed(2, 'server is not initialized yet');

/** Milliseconds that methods take on a containerd on an idle machine: at least, and at most. Others: about one. */
const latencies: Readonly<Record<string, readonly [number, number]>> = {
  RunPodSandbox: [110, 170],
  StopPodSandbox: [50, 80],
  RemovePodSandbox: [12, 20],
  CreateContainer: [8, 15],
  StartContainer: [55, 75],
  StopContainer: [120, 260],
  RemoveContainer: [3, 6],
  ExecSync: [40, 60],
  PullImage: [5, 40],
};
const otherLatency = [0.5, 2] as const;

export const createRuntime = (options: RuntimeOptions): SimulatedRuntime => {
  const { clock, seed = 1, pace = 1, limits = defaultRuntimeLimits } = options;
  const { versions = ['v1', 'v1alpha2'], services = serviceNames, without = [] } = options;
  const random = seededRandom(seed);
  const state = options.state ?? createRuntimeState(options.images ?? [], random);
  const listeners = new Set<(event: Message) => void>();
  let calls = 0;

  const codecs = new Map<string, MethodCodec>();
  for (const version of versions)
    for (const codec of methodCodecs(version).values())
      if (services.includes(codec.service) && !without.includes(codec.name))
        codecs.set(codec.path.slice(1), codec);
  const served = new Set([...codecs.keys()].map((path) => path.split('/')[0]));

  const changed = (container: Container, type: string): void => {
    const sandbox = state.sandboxes.get(container.sandboxId);
    const event: Message = {
      container_id: container.id,
      container_event_type: type,
      created_at: String(clock.now()),
      ...(sandbox === undefined ? {} : { pod_sandbox_status: sandboxStatus(sandbox) }),
      containers_statuses: [containerStatus(container)],
    };
    for (const listener of listeners) listener(event);
  };

  const context = (call: ServerCall, codec: MethodCodec): MethodContext => ({
    state,
    limits,
    clock,
    random,
    signal: call.signal,
    changed,
    async reply(message) {
      await call.send(codec.encodeResponse(message));
      return finished;
    },
    async stream(field, items) {
      for (const item of items) await call.send(codec.encodeResponse({ [field]: [item] }));
      return finished;
    },
    async containerEvents() {
      const listener = (event: Message) => void call.send(codec.encodeResponse(event));
      listeners.add(listener);
      if (!call.signal.aborted)
        await new Promise((resolve) => call.signal.addEventListener('abort', resolve, { once: true }));
      listeners.delete(listener);
      return finished;
    },
  });

  /** The texts of grpc-go's server, but for the last: the one of its generated stubs. */
  const refusal = (path: string): CallEnd => {
    const [service = '', method = ''] = path.split('/');
    return failed(
      unimplemented,
      served.has(service) ? `unknown method ${method} for service ${service}` : `unknown service ${service}`,
    );
  };

  const handle = async (call: ServerCall): Promise<CallEnd> => {
    const codec = codecs.get(call.method);
    if (codec === undefined) return refusal(call.method);
    const fault = options.fault?.({ method: codec.name, ordinal: calls++ }) ?? {};
    const [least, most] = latencies[codec.name] ?? otherLatency;
    const latencyMs = pace * (least + (most - least) * random.next());
    const delayMs = latencyMs + (fault.delayMs ?? 0);
    if (delayMs > 0) await pause(delayMs, call.signal);
    if (fault.end !== undefined) return fault.end;
    const method: Method | undefined = runtimeMethods[codec.name];
    if (method === undefined) return failed(unimplemented, `method ${codec.name} not implemented`);
    return method(codec.decodeRequest(call.request), context(call, codec));
  };

  const server = createGrpcServer({ handle, gzipReplies: options.gzipReplies ?? false });
  return { state, listen: server.listen, close: server.close };
};

/** Puts `count` pods of one container each into a state: list replies of that length. */
export const populate = (
  state: RuntimeState,
  count: number,
  options: {
    readonly clock: Clock;
    readonly seed: number;
    readonly image: string;
    readonly annotationBytes: number;
  },
): void => {
  const random = seededRandom(options.seed);
  const annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(options.annotationBytes),
  };
  for (let index = 0; index < count; index++) {
    const sandboxId = random.hex(64);
    const labels = {
      'io.kubernetes.pod.name': `load-${index}`,
      'io.kubernetes.pod.namespace': 'load',
      'io.kubernetes.pod.uid': random.uuid(),
    };
    const metadata = { name: `load-${index}`, namespace: 'load', uid: labels['io.kubernetes.pod.uid'] };
    const createdAt = options.clock.now();
    state.sandboxes.set(sandboxId, {
      id: sandboxId,
      config: { metadata, labels, annotations },
      createdAt,
      ip: '10.88.0.1',
      state: 'SANDBOX_READY',
    });
    const id = random.hex(64);
    state.containers.set(id, {
      id,
      sandboxId,
      config: {
        metadata: { name: 'main' },
        image: { image: options.image },
        labels: { ...labels, 'io.kubernetes.container.name': 'main' },
        annotations,
      },
      createdAt,
      startedAt: createdAt,
      finishedAt: 0n,
      exitCode: 0,
      state: 'CONTAINER_RUNNING',
    });
  }
};
