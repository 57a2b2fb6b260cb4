import type { Kept } from '../../cri/kept.ts';
import type { CriMethod } from '../../cri/methods.ts';
import { type Client, learnOf } from './clients.ts';
import { releaseOf } from './release.ts';

type ApiVersion = 'v1' | 'v1alpha2';
type Service = CriMethod['service'];

/** Releases that serve one version only: from the first on v1, up to the last v1alpha2. */
const oneVersion: Readonly<
  Record<
    string,
    { readonly v1From: readonly [number, number]; readonly v1alpha2To: readonly [number, number] }
  >
> = {
  containerd: { v1From: [2, 0], v1alpha2To: [1, 5] },
  'cri-o': { v1From: [1, 26], v1alpha2To: [1, 20] },
};

const compare = ([a, b]: readonly [number, number], [c, d]: readonly [number, number]): number =>
  a === c ? b - d : a - c;

/**
 * Bodies are the same in both versions of the API but for one: what a runtime says of itself when asked for its
 * version. Empty where that proves nothing.
 */
const provenVersions = (response: Kept): ReadonlyMap<Service, ApiVersion> => {
  const proven = new Map<Service, ApiVersion>();
  const { runtime_name: name, runtime_version: version, runtime_api_version: told } = response;
  if (typeof name !== 'string' || typeof version !== 'string') return proven;
  const release = releaseOf(version);
  const range = oneVersion[name];
  if (release !== null && range !== undefined) {
    const only =
      compare(release, range.v1From) >= 0
        ? 'v1'
        : compare(release, range.v1alpha2To) <= 0
          ? 'v1alpha2'
          : null;
    if (only !== null) return proven.set('RuntimeService', only).set('ImageService', only);
  }
  // Serving both, containerd answers each with its own name. Others were not seen to.
  if (name === 'containerd' && (told === 'v1' || told === 'v1alpha2')) proven.set('RuntimeService', told);
  return proven;
};

/** The versions of the API that a connection's calls are of. */
export interface Versions {
  of(method: CriMethod): ApiVersion | null;
  /** A path was read. Whether that is news. */
  read(service: Service, version: ApiVersion): boolean;
  /** A `Version` call was answered. Whether that is news; what was read holds. */
  told(response: Kept): boolean;
}

export const createVersions = (client: Client, endpoint: string): Versions => {
  const known = new Map<Service, ApiVersion>();
  return {
    of({ service, inV1alpha2 }) {
      if (!inV1alpha2) return 'v1';
      const { imageVersion, isRecent } = client;
      const ofImages = service === 'ImageService' && imageVersion?.endpoint === endpoint;
      return known.get(service) ?? (isRecent ? 'v1' : ofImages ? imageVersion.version : null);
    },
    read(service, version) {
      const isNew = !known.has(service);
      known.set(service, version);
      return isNew;
    },
    told(response) {
      let isNew = false;
      for (const [service, version] of provenVersions(response)) {
        if (service === 'ImageService') learnOf(client, { imageVersion: { endpoint, version } });
        if (known.has(service)) continue;
        known.set(service, version);
        isNew = true;
      }
      return isNew;
    },
  };
};
