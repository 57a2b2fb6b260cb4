import { setMaxListeners } from 'node:events';
import type { Clock } from '../foundation/clock.ts';
import { type ApiVersion, type Message, type MethodCodec, methodCodecs, type ServiceName } from './codec.ts';
import { type CallRecord, type CallResult, type CriClient, createCriClient } from './cri-client.ts';
import { pause } from './pause.ts';

export interface KubeletOptions {
  readonly clock: Clock;
  readonly socket: string;
  /** A second endpoint for the image service. Without it both services are on `socket`, still on two connections. */
  readonly imageSocket?: string | undefined;
  /**
   * The API versions this kubelet knows, preferred first: `['v1']` since 1.26, `['v1', 'v1alpha2']` for 1.23 to
   * 1.25 (v1 is probed), `['v1alpha2']` before (no probe).
   */
  readonly versions?: readonly ApiVersion[];
  readonly signal: AbortSignal;
  /** Called at the end of each call. */
  readonly record: (record: CallRecord) => void;
  /** `traceparent` and other metadata for the calls of one sync; default none, as a kubelet without `tracing:`. */
  readonly metadata?: (sync: string) => Readonly<Record<string, string>>;
  readonly gzipRequests?: boolean;
  /** Factor on the periods of the steady state: 0.1 makes a relist every 100 ms. */
  readonly pace?: number;
}

export interface InvokeOptions {
  /** Added to the deadline: a stop's grace period, a probe's timeout. */
  readonly extraMs?: number;
  /** Names the sync that the call belongs to: calls of one sync share their trace. */
  readonly sync?: string;
  readonly signal?: AbortSignal;
}

export interface Kubelet {
  /** Probes, negotiates and checks as a starting kubelet does. False: it gave up, as the real one exits. */
  start(): Promise<boolean>;
  /** The version in use for a service; null before `start` or when it gave up. */
  version(service: ServiceName): ApiVersion | null;
  /** One call, on the connection of its service, with a kubelet's deadline. */
  invoke(method: string, request: Message, options?: InvokeOptions): Promise<CallResult>;
  /** Does what a kubelet does periodically until `until` aborts; calls in flight are finished. */
  steadyState(until: AbortSignal): Promise<void>;
  /** Cancels what is in flight and closes both connections. */
  close(): void;
}

/** A kubelet's runtimeRequestTimeout. */
const defaultTimeoutMs = 120_000;

/** Null: no deadline. Methods not named have the default. */
const timeouts: Readonly<Record<string, number | null>> = {
  RunPodSandbox: 2 * defaultTimeoutMs,
  PullImage: null,
  GetContainerEvents: null,
};

const relistMs = 1_000;

/**
 * What the kubelet asks without being asked: the requests and their period. The relist begins at once, the others
 * half a period later.
 */
const periodic: readonly { readonly everyMs: number; readonly calls: readonly [string, Message][] }[] = [
  {
    everyMs: relistMs,
    calls: [
      ['ListPodSandbox', {}],
      ['ListContainers', { filter: {} }],
    ],
  },
  {
    everyMs: 2_000,
    calls: [
      ['ListPodSandbox', { filter: { state: { state: 'SANDBOX_READY' } } }],
      ['ListContainers', { filter: { state: { state: 'CONTAINER_RUNNING' } } }],
    ],
  },
  { everyMs: 5_000, calls: [['Status', {}]] },
  { everyMs: 10_000, calls: [['Version', { version: '0.1.0' }]] },
  {
    everyMs: 10_000,
    calls: [
      ['ListContainers', { filter: {} }],
      ['ListPodSandbox', {}],
      ['ListContainerStats', { filter: {} }],
      ['ImageFsInfo', {}],
    ],
  },
  { everyMs: 30_000, calls: [['ListImages', {}]] },
];

export const createKubelet = (options: KubeletOptions): Kubelet => {
  const { clock, socket, record, versions = ['v1'], pace = 1 } = options;
  const closed = new AbortController();
  const signal = AbortSignal.any([options.signal, closed.signal]);
  // A listener for each call in flight is no leak.
  setMaxListeners(0, signal);
  const client = (path: string): CriClient =>
    createCriClient({ socket: path, clock, record, gzipRequests: options.gzipRequests ?? false });
  const clients: Readonly<Record<ServiceName, CriClient>> = {
    RuntimeService: client(socket),
    ImageService: client(options.imageSocket ?? socket),
  };
  const codecs = new Map(versions.map((version) => [version, methodCodecs(version)]));
  const chosen: Record<ServiceName, ApiVersion | null> = { RuntimeService: null, ImageService: null };

  const codecOf = (method: string): MethodCodec => {
    for (const [version, methods] of codecs) {
      const codec = methods.get(method);
      if (codec !== undefined && (chosen[codec.service] ?? versions[0]) === version) return codec;
    }
    throw new RangeError(`no CRI method ${method}`);
  };

  const call = (codec: MethodCodec, request: Message, { extraMs = 0, sync, signal: own }: InvokeOptions) => {
    const timeout = timeouts[codec.name];
    return clients[codec.service].call(codec, request, {
      timeoutMs: timeout === null ? null : (timeout ?? defaultTimeoutMs) + extraMs,
      signal: own === undefined ? signal : AbortSignal.any([signal, own]),
      metadata: options.metadata?.(sync ?? codec.name) ?? {},
    });
  };

  const invoke = (method: string, request: Message, invokeOptions: InvokeOptions = {}) =>
    call(codecOf(method), request, invokeOptions);

  /** The first version answers, or says UNIMPLEMENTED and the next one is taken unprobed. Null: give up. */
  const negotiate = async (service: ServiceName, probe: string): Promise<ApiVersion | null> => {
    const [preferred, fallback] = versions;
    if (preferred === undefined) return null;
    if (preferred === 'v1alpha2') return preferred;
    const codec = codecs.get(preferred)?.get(probe);
    if (codec === undefined || codec.service !== service) return null;
    const { code } = (await call(codec, {}, { sync: 'probe' })).record;
    if (code === 'OK') return preferred;
    return code === 'UNIMPLEMENTED' ? (fallback ?? null) : null;
  };

  const repeat = async (
    everyMs: number,
    calls: readonly [string, Message][],
    until: AbortSignal,
  ): Promise<void> => {
    await pause(everyMs === relistMs ? 0 : (everyMs * pace) / 2, until);
    for (let round = 0; !until.aborted; round++) {
      for (const [method, request] of calls)
        if (!until.aborted) await invoke(method, request, { sync: `${calls[0]?.[0]}-${everyMs}-${round}` });
      await pause(everyMs * pace, until);
    }
  };

  return {
    async start() {
      chosen.RuntimeService = await negotiate('RuntimeService', 'Version');
      if (chosen.RuntimeService === null) return false;
      chosen.ImageService = await negotiate('ImageService', 'ImageFsInfo');
      if (chosen.ImageService === null) return false;
      if (chosen.RuntimeService === 'v1') {
        // The cgroup driver: a runtime older than the method is normal, another failure is tried three times.
        for (let attempt = 0; attempt < 3; attempt++) {
          const { code } = (await invoke('RuntimeConfig', {})).record;
          if (code === 'OK' || code === 'UNIMPLEMENTED') break;
          await pause(2_000 * pace, signal);
        }
      }
      const { record: checked } = await invoke('Version', { version: '0.1.0' });
      if (checked.code !== 'OK') return false;
      await invoke('Status', {});
      await invoke('UpdateRuntimeConfig', {
        runtime_config: { network_config: { pod_cidr: '10.88.0.0/16' } },
      });
      return !signal.aborted;
    },
    version: (service) => chosen[service],
    invoke,
    async steadyState(until) {
      const ended = AbortSignal.any([signal, until]);
      await Promise.all(periodic.map(({ everyMs, calls }) => repeat(everyMs, calls, ended)));
    },
    close() {
      closed.abort();
      for (const each of Object.values(clients)) each.close();
    },
  };
};
