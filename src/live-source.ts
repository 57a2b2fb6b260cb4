import type { ExportLog } from './export/sink.ts';
import type { Clock } from './foundation/clock.ts';
import { loadNative } from './kernel/native.ts';
import { createProxy, type ProxySource } from './source/proxy/proxy.ts';
import type { ProxyNotice, ProxyRoute } from './source/proxy/route.ts';

export interface LiveSourceOptions {
  /** Of the host: span ids are derived from it. */
  readonly identity: string;
  readonly runtime: string;
  readonly listen: string;
  /** Null: one socket serves runtime and images. */
  readonly image: { readonly endpoint: string; readonly listen: string } | null;
  readonly clock: Clock;
  readonly log: ExportLog;
}

const tell = (notice: ProxyNotice, log: ExportLog): void => {
  const { listen, runtime } = notice.route;
  switch (notice.kind) {
    case 'listening':
      log('info', `listening on ${listen}, relaying to ${runtime}`);
      return;
    case 'runtime_away':
      log('warn', `${runtime} cannot be reached (${notice.code}): ${listen} is closed until it can`);
      return;
    case 'listen_failed':
      log('error', notice.error instanceof Error ? notice.error.message : String(notice.error));
      return;
  }
};

/** The proxy in its place, listening. Rejects with a ListenError: without its place there is nothing to watch. */
export const openLiveSource = async (options: LiveSourceOptions): Promise<ProxySource> => {
  const { identity, runtime, listen, image, clock, log } = options;
  const native = loadNative();
  // Degraded: calls are seen all the same, only not whose they are.
  if (!native.loaded) log('warn', `callers stay unknown: ${native.why}; ${native.remedy}`);
  const routes: ProxyRoute[] = [{ listen, runtime }];
  if (image !== null) routes.push({ listen: image.listen, runtime: image.endpoint });
  const proxy = createProxy({
    identity,
    routes,
    clock,
    peerCredentials: (descriptor) => (native.loaded ? native.library.peerCredentials(descriptor) : null),
    notice: (notice) => tell(notice, log),
  });
  await proxy.ready;
  return proxy;
};
