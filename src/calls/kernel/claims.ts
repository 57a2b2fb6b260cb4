import type { CniEnvironment } from '../../kernel/kernel-event.ts';
import type { Program } from './program.ts';

export interface ClaimedPod {
  readonly namespace: string | null;
  readonly name: string | null;
  readonly uid: string | null;
}

/** What a process says about whom it works for. */
export interface Claims {
  /** Of sandboxes or containers. */
  readonly ids: readonly string[];
  readonly pod: ClaimedPod | null;
}

export const noClaims: Claims = { ids: [], pod: null };

/** Ids as containerd and CRI-O make them; those of images have their algorithm before them. */
const id64 = /(?<![0-9a-f]|sha256[:/-])[0-9a-f]{64}(?![0-9a-f])/g;

/** `pod<uid>` in a cgroup; systemd has underscores for its dashes, static pods have none. */
const podInCgroup = /pod([0-9a-f]{8}(?:[-_]?[0-9a-f]{4}){3}[-_]?[0-9a-f]{12})/g;

/** The word that names an id whatever it looks like. */
const namedId = (program: Program, argv: readonly string[]): string | null => {
  const after = (...flags: readonly string[]): string | null =>
    argv.find((_, at) => flags.includes(argv[at - 1] ?? '')) ?? null;
  switch (program.kind) {
    case 'shim':
      return after('-id', '--id');
    case 'monitor':
      return after('-c', '--cid');
    case 'oci': {
      const last = argv.length > 2 ? argv.at(-1) : undefined;
      const isId = last !== undefined && last !== program.command && !/^-|\//.test(last);
      return isId && program.command !== 'init' && program.command !== 'exec' ? last : null;
    }
    default:
      return null;
  }
};

const uidOf = (cgroup: string | null): string | null => {
  // The last: a node may itself be a container of another node.
  const found = cgroup === null ? undefined : [...cgroup.matchAll(podInCgroup)].at(-1)?.[1];
  return found?.replaceAll('_', '-') ?? null;
};

const podOf = (cni: CniEnvironment | null, cgroup: string | null): ClaimedPod | null => {
  const uid = cni?.podUid ?? uidOf(cgroup);
  const name = cni?.podName ?? null;
  return uid === null && name === null ? null : { namespace: cni?.podNamespace ?? null, name, uid };
};

export interface Words {
  readonly argv: readonly string[];
  readonly cgroup: string | null;
  readonly cni: CniEnvironment | null;
}

/** Ids in a cgroup count of what runs in a container alone: all else may have that of the runtime, whatever that is. */
export const claimsOf = (program: Program, { argv, cgroup, cni }: Words): Claims => {
  const ids = new Set<string>();
  const named = namedId(program, argv);
  if (named !== null) ids.add(named);
  for (const word of argv) for (const [id] of word.matchAll(id64)) ids.add(id);
  if (cni?.containerId != null) ids.add(cni.containerId);
  if (cni?.podInfraContainerId != null) ids.add(cni.podInfraContainerId);
  const pod = podOf(cni, cgroup);
  return ids.size === 0 && pod === null ? noClaims : { ids: [...ids], pod };
};

/** containerd keeps the state of each in a folder of its name; elsewhere such names are those of contents. */
const stateFolder = /(?:containers|sandboxes)\/([0-9a-f]{64})\//;

export const claimsOfFile = (file: string | null): Claims => {
  const id = file === null ? undefined : stateFolder.exec(file)?.[1];
  return id === undefined ? noClaims : { ids: [id], pod: null };
};

export const claimsOfCgroup = (cgroup: string | null): Claims => {
  const ids = cgroup === null ? [] : [...cgroup.matchAll(id64)].map(([id]) => id);
  const uid = uidOf(cgroup);
  return { ids: ids.slice(-1), pod: uid === null ? null : { namespace: null, name: null, uid } };
};

export const mergeClaims = (one: Claims, other: Claims): Claims => {
  if (one === noClaims) return other;
  if (other === noClaims) return one;
  return { ids: [...new Set([...one.ids, ...other.ids])], pod: one.pod ?? other.pod };
};
