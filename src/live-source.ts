import type { ExportLog } from './export/sink.ts';
import type { Clock } from './foundation/clock.ts';
import type { Timers } from './foundation/timers.ts';
import { recordConstants } from './kernel/events.ts';
import { loadNative } from './kernel/native.ts';
import type { KernelPart } from './kernel/program.ts';
import type { Readiness } from './readiness.ts';
import { createProxy, type ProxySource } from './source/proxy/proxy.ts';
import type { ProxyNotice, ProxyRoute } from './source/proxy/route.ts';
import { TapError } from './source/tap/error.ts';
import { defaultTapLimits } from './source/tap/limits.ts';
import { createTap, type TapNotice, type TapSource } from './source/tap/tap.ts';

export type LiveSource = ProxySource | TapSource;

export interface LiveSourceOptions {
  readonly mode: LiveSource['mode'];
  /** Of the host: span ids are derived from it. */
  readonly identity: string;
  readonly runtime: string;
  readonly listen: string;
  /** Null: one socket serves runtime and images. */
  readonly image: { readonly endpoint: string; readonly listen: string } | null;
  /** Sockets of other runtimes, watched by the tap only. */
  readonly others: readonly string[];
  /** What the tap tells of the kernel besides calls. */
  readonly kernelEvents: readonly KernelPart[];
  /** What the kernel holds until the tap is drained: a power of two. */
  readonly ringBytes: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: ExportLog;
  /** Told which sockets can be watched. */
  readonly readiness?: Readiness | undefined;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const tell = (notice: ProxyNotice, { log, readiness }: LiveSourceOptions): void => {
  const { listen, runtime } = notice.route;
  switch (notice.kind) {
    case 'listening':
      log('info', `listening on ${listen}, relaying to ${runtime}`);
      readiness?.set(runtime, null);
      return;
    case 'runtime_away':
      log('warn', `${runtime} cannot be reached (${notice.code}): ${listen} is closed until it can`);
      readiness?.set(runtime, `cannot be reached (${notice.code})`);
      return;
    case 'listen_failed':
      log('error', messageOf(notice.error));
      readiness?.set(runtime, `${listen} cannot be listened on: ${messageOf(notice.error)}`);
      return;
  }
};

const tellOfTap = ({ kind, endpoint }: TapNotice, { log, readiness }: LiveSourceOptions): void => {
  if (kind === 'watching') log('info', `watching ${endpoint} in the kernel`);
  else log('warn', `${endpoint} is gone: it is watched again when it is back`);
  readiness?.set(endpoint, kind === 'watching' ? null : 'nothing listens there');
};

const openTap = (options: LiveSourceOptions): TapSource => {
  const { identity, runtime, image, others, kernelEvents, ringBytes, clock, timers, log, readiness } =
    options;
  const native = loadNative();
  if (!native.loaded) throw new TapError(`${native.why}; ${native.remedy}`);
  const endpoints = [runtime, ...(image === null ? [] : [image.endpoint]), ...others];
  const left = endpoints.splice(recordConstants.MAX_ENDPOINTS);
  if (left.length > 0) log('warn', `too many sockets: ${left.join(', ')} is not watched`);
  for (const endpoint of [runtime, ...(image === null ? [] : [image.endpoint])])
    readiness?.set(endpoint, 'not watched yet');
  return createTap({
    identity,
    endpoints,
    clock,
    timers,
    parts: kernelEvents,
    limits: { ...defaultTapLimits, ringBytes },
    native: native.library,
    notice: (notice) => tellOfTap(notice, options),
  });
};

const openProxy = async (options: LiveSourceOptions): Promise<ProxySource> => {
  const { identity, runtime, listen, image, clock, log, readiness } = options;
  const native = loadNative();
  // Degraded: calls are seen all the same, only not whose they are.
  if (!native.loaded) log('warn', `callers stay unknown: ${native.why}; ${native.remedy}`);
  const routes: ProxyRoute[] = [{ listen, runtime }];
  if (image !== null) routes.push({ listen: image.listen, runtime: image.endpoint });
  for (const route of routes) readiness?.set(route.runtime, 'not reached yet');
  const proxy = createProxy({
    identity,
    routes,
    clock,
    peerCredentials: (descriptor) => (native.loaded ? native.library.peerCredentials(descriptor) : null),
    notice: (notice) => tell(notice, options),
  });
  await proxy.ready;
  return proxy;
};

/**
 * The source in its place: the proxy listening, the tap attached. Rejects with a ListenError or a TapError: without its
 * place there is nothing to watch.
 */
export const openLiveSource = async (options: LiveSourceOptions): Promise<LiveSource> =>
  options.mode === 'tap' ? openTap(options) : openProxy(options);
