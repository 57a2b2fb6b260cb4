import type { Kept } from '../../cri/kept.ts';

type ApiVersion = 'v1' | 'v1alpha2';
type Service = 'RuntimeService' | 'ImageService';

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

/** `v2.4.2`, `1.6.20~ds1`. */
export const releaseOf = (version: string): readonly [number, number] | null => {
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version) ?? [];
  return major === undefined || minor === undefined ? null : [Number(major), Number(minor)];
};

/**
 * Bodies are the same in both versions of the API but for one: what a runtime says of itself when asked for its
 * version. Empty where that proves nothing.
 */
export const provenVersions = (response: Kept): ReadonlyMap<Service, ApiVersion> => {
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
