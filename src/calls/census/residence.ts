import type { PodIdentity } from '../../cri/facts.ts';

/** Where a process runs, as its cgroup says. */
export interface Residence {
  /** In the form of the API, with dashes; systemd's names have underscores. */
  readonly podUid: string | null;
  readonly containerId: string | null;
  /** Of systemd, for what runs on the node itself. */
  readonly unit: string | null;
}

/** The container that a process runs in, by name. */
export interface Resident {
  readonly pod: PodIdentity;
  readonly containerName: string | null;
}

/** Null: no message of the endpoint named it. */
export type ResidentOf = (endpoint: string, residence: Residence) => Resident | null;

const podUid = /pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12})(?![0-9a-f])/;
/** Static pods: the hash of their manifest. */
const staticPodUid = /pod([0-9a-f]{32})(?![0-9a-f])/;
const containerId = /(?<![0-9a-f])([0-9a-f]{64})(?![0-9a-f])/;
const unit = /([^/]{1,255}\.service)(?:\/|$)/;

/** Null: the cgroup is not known, or says nothing of this kind. */
export const residenceOf = (cgroup: string | null): Residence | null => {
  if (cgroup === null) return null;
  const uid = podUid.exec(cgroup)?.[1]?.replaceAll('_', '-') ?? staticPodUid.exec(cgroup)?.[1] ?? null;
  const container = containerId.exec(cgroup)?.[1] ?? null;
  const service = unit.exec(cgroup)?.[1] ?? null;
  return uid === null && container === null && service === null
    ? null
    : { podUid: uid, containerId: container, unit: service };
};
