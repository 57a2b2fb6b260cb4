import { statSync } from 'node:fs';
import type { Config } from './options.ts';

/** In crictl's order first, then those of distributions that bring their own containerd. */
export const usualSockets = [
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/var/run/cri-dockerd.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/k0s/containerd.sock',
  '/var/snap/microk8s/common/run/containerd.sock',
] as const;

export const isSocket = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;

export interface Endpoints {
  readonly runtime: string;
  /** Null: the runtime's socket serves images too. */
  readonly image: string | null;
  /** The runtime's socket was not configured but found. */
  readonly found: boolean;
  /** Other usual sockets that exist as well. */
  readonly others: readonly string[];
}

/** The configured sockets, or the first usual one that exists; null where there is none. */
export const chooseEndpoints = (
  config: Config,
  exists: (path: string) => boolean = isSocket,
): Endpoints | null => {
  const configured = config['runtime-endpoint'];
  const existing = configured === null ? usualSockets.filter(exists) : [];
  const runtime = configured ?? existing[0] ?? null;
  if (runtime === null) return null;
  const image = config['image-endpoint'];
  return {
    runtime,
    image: image === runtime ? null : image,
    found: configured === null,
    others: existing.slice(1),
  };
};
