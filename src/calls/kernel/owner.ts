import type { Nanos } from '../../foundation/time.ts';
import type { Claims } from './claims.ts';
import type { Program } from './program.ts';

/** How a process was joined to a call: it names it; it descends from one that does; no other call fits its time. */
export type KernelLink = 'identity' | 'process' | 'time';

/** What is known of a call that was under way when a process began. */
export interface Candidate {
  readonly key: string;
  /** Null: not known. */
  readonly rpc: string | null;
  readonly sandboxId: string | null;
  readonly containerId: string | null;
  readonly pod: {
    readonly namespace: string | null;
    readonly name: string | null;
    readonly uid: string | null;
  } | null;
  readonly serverPid: number | null;
  /** Of an exec. */
  readonly command: {
    readonly digest: string | null;
    /** Null: it is in flight. */
    readonly endedAt: Nanos | null;
    /** As the runtime told it. */
    readonly exitCode: number | null;
  } | null;
}

/** What an exec has run. */
export interface Executed {
  /** One of these was asked for. */
  readonly digests: readonly string[];
  readonly endedAt: Nanos | null;
  readonly exitCode: number | null;
}

export interface Evidence {
  readonly program: Program;
  readonly claims: Claims;
  /** Of the service that started it. */
  readonly service: Claims | null;
  /** The runtime that started it itself; null: another did, or it is not known. */
  readonly runtimePid: number | null;
  /** Null: it is no exec, or what it runs is not known. */
  readonly executed: Executed | null;
}

export type Owner =
  | { readonly kind: 'call'; readonly key: string; readonly link: KernelLink }
  /** Of any of these. */
  | { readonly kind: 'ambiguous'; readonly keys: readonly string[] }
  | { readonly kind: 'none' };

const starting = ['RunPodSandbox', 'CreateContainer', 'StartContainer'] as const;
const ending = ['StopContainer', 'RemoveContainer', 'StopPodSandbox', 'RemovePodSandbox'] as const;

/** The calls that cause a program; null: any may. */
const callsOf = (program: Program): readonly string[] | null => {
  switch (program.kind) {
    case 'cni':
      return program.command === 'ADD'
        ? ['RunPodSandbox']
        : program.command === 'DEL'
          ? ['RunPodSandbox', 'StopPodSandbox', 'RemovePodSandbox']
          : null;
    case 'shim':
      return program.action === 'start' ? starting : null;
    case 'monitor':
      return [...starting, 'ExecSync', 'Exec'];
    case 'oci':
      switch (program.command) {
        case 'create':
        case 'start':
          return starting;
        case 'exec':
          return ['ExecSync', 'Exec'];
        case 'update':
          return ['UpdateContainerResources', 'UpdatePodSandboxResources'];
        case 'kill':
        case 'delete':
          return [...ending, ...starting];
        default:
          return null;
      }
    case 'container':
      return [...starting, 'ExecSync', 'Exec'];
    default:
      return null;
  }
};

const isPlausible = (program: Program, { rpc }: Candidate): boolean =>
  rpc === null || (callsOf(program)?.includes(rpc) ?? true);

const isOfContainer = ({ rpc, containerId }: Candidate): boolean =>
  containerId !== null || rpc?.endsWith('Container') === true;

/** The one id that a call is about. */
const subjectOf = (call: Candidate): string | null =>
  isOfContainer(call) ? call.containerId : call.sandboxId;

const namesPod = (call: Candidate, pod: Claims['pod']): boolean => {
  if (pod === null || call.pod === null) return false;
  if (pod.uid !== null && call.pod.uid !== null) return pod.uid === call.pod.uid;
  return pod.name !== null && pod.name === call.pod.name && pod.namespace === call.pod.namespace;
};

const differ = (one: string | null, other: string | null): boolean =>
  one !== null && other !== null && one !== other;

const contradicts = (call: Candidate, claims: Claims): boolean => {
  const { pod } = claims;
  if (pod !== null && call.pod !== null) {
    const isOther =
      differ(pod.uid, call.pod.uid) ||
      differ(pod.name, call.pod.name) ||
      differ(pod.namespace, call.pod.namespace);
    if (isOther) return true;
  }
  const subject = subjectOf(call);
  return claims.ids.length > 0 && subject !== null && !claims.ids.includes(subject);
};

/**
 * Of execs in one container at once, those that may have run this: all that asked for it, unless it ended after them or
 * otherwise than they say. That another command was asked for is no proof: a script may have executed what it was.
 */
const askedFor = (executed: Executed, calls: readonly Candidate[]): readonly Candidate[] => {
  const asked: Candidate[] = [];
  for (const call of calls) {
    if (call.command === null || call.command.digest === null) return calls;
    const { digest, endedAt, exitCode } = call.command;
    const outlived = executed.endedAt !== null && endedAt !== null && executed.endedAt > endedAt;
    const otherwise = executed.exitCode !== null && exitCode !== null && executed.exitCode !== exitCode;
    if (executed.digests.includes(digest) && !outlived && !otherwise) asked.push(call);
  }
  return asked.length === 0 ? calls : asked;
};

/**
 * Whose work a process is, of the calls that were under way when it began. In the order of what tells most; as soon as
 * one kind of evidence fits a call, weaker kinds are not asked. What cannot cause such a program is left out; where
 * several are left, none is the owner: rather unknown than plausible and wrong.
 */
export const ownerOf = (evidence: Evidence, candidates: readonly Candidate[]): Owner => {
  const { program, claims, service, executed } = evidence;
  const judged = (fitting: readonly Candidate[], link: KernelLink): Owner | null => {
    if (fitting.length === 0) return null;
    const several = fitting.filter((call) => isPlausible(program, call));
    const plausible = executed === null || several.length < 2 ? several : askedFor(executed, several);
    const [only] = plausible;
    if (only === undefined) return { kind: 'none' };
    return plausible.length === 1 && only.rpc !== null
      ? { kind: 'call', key: only.key, link }
      : { kind: 'ambiguous', keys: plausible.map(({ key }) => key) };
  };
  const named =
    (ids: readonly string[]) =>
    (call: Candidate): boolean => {
      const subject = subjectOf(call);
      return subject !== null && ids.includes(subject);
    };

  const byId = judged(candidates.filter(named(claims.ids)), 'identity');
  if (byId !== null) return byId;
  const byPod = judged(
    candidates.filter(
      (call) => call.rpc === 'RunPodSandbox' && call.sandboxId === null && namesPod(call, claims.pod),
    ),
    'identity',
  );
  if (byPod !== null) return byPod;

  if (service !== null && service.ids.length > 0) {
    const ofService = judged(candidates.filter(named(service.ids)), 'process');
    if (ofService !== null) return ofService;
    if (claims.ids.length > 0) return { kind: 'none' };
    const inPod = candidates.filter(({ sandboxId }) => sandboxId !== null && service.ids.includes(sandboxId));
    return judged(inPod, 'process') ?? { kind: 'none' };
  }

  const { runtimePid } = evidence;
  const inTime = candidates.filter(
    (call) =>
      isPlausible(program, call) &&
      !contradicts(call, claims) &&
      // What names an id is not of a call that has none: pulls, and removals of images.
      (claims.ids.length === 0 || call.rpc === null || !call.rpc.endsWith('Image')) &&
      (runtimePid === null || call.serverPid === null || call.serverPid === runtimePid),
  );
  return judged(inTime, 'time') ?? { kind: 'none' };
};
