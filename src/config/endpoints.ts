import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { KubeletEndpoints } from './kubelet.ts';
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
  /** How the runtime's socket is known. */
  readonly from: 'configuration' | 'kubelet' | 'usual';
  /** Other sockets of runtimes that exist as well; none where one is configured. */
  readonly others: readonly string[];
}

/** The same for two ways of writing the path of one socket. */
const placeOf = (path: string): string => {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
};

const distinct = (paths: readonly string[]): string[] => {
  const places = new Set<string>();
  return paths.filter((path) => {
    const place = placeOf(path);
    const known = places.has(place);
    places.add(place);
    return !known;
  });
};

export interface Surroundings {
  /** Null: none runs, or it cannot be seen. */
  readonly kubelet: KubeletEndpoints | null;
  readonly exists?: (path: string) => boolean;
}

/** A socket that critrace itself serves is no runtime's. */
const ofRuntimes = (paths: readonly (string | null)[], config: Config): string[] =>
  paths.flatMap((path) =>
    path === null || path === config.listen || path === config['image-listen'] ? [] : [path],
  );

/**
 * The configured sockets; else those that the kubelet names, then the usual ones that exist. Null where there is none.
 * In a container the kubelet's view of the machine is looked at as well.
 */
export const chooseEndpoints = (
  config: Config,
  { kubelet, exists = isSocket }: Surroundings,
): Endpoints | null => {
  const configured = config['runtime-endpoint'];
  const root = kubelet?.root ?? '';
  const seenFrom = (path: string | null | undefined): string | null => (path ? `${root}${path}` : null);
  const named = ofRuntimes([seenFrom(kubelet?.runtime)], config);
  const usual = [...usualSockets, ...(root === '' ? [] : usualSockets.map((path) => `${root}${path}`))];
  const [runtime, ...others] =
    configured === null ? distinct([...named, ...usual.filter(exists)]) : [configured];
  if (runtime === undefined) return null;
  const image = config['image-endpoint'] ?? (configured === null ? seenFrom(kubelet?.image) : null);
  const hasImage =
    image !== null && placeOf(image) !== placeOf(runtime) && ofRuntimes([image], config).length > 0;
  return {
    runtime,
    image: hasImage ? image : null,
    from: configured !== null ? 'configuration' : named.includes(runtime) ? 'kubelet' : 'usual',
    others: others.filter((path) => !hasImage || placeOf(path) !== placeOf(image)),
  };
};
