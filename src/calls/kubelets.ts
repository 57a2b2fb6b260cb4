import { type Nanos, nanosPerSecond } from '../foundation/time.ts';
import type { Call } from './call.ts';
import { type Caller, isNobody, processKey, programOf } from './caller.ts';
import { isKubelet } from './kubelet.ts';
import { remember } from './pods/remember.ts';
import { type Step, stepOf } from './rounds/step.ts';

export interface KubeletLimits {
  /** Connections, processes and programs that are remembered; of each those not heard of for longest go first. */
  readonly maxRemembered: number;
  /** A pair of lists: the second begins so soon after the first ended. */
  readonly pairWithin: Nanos;
  /** Pairs farther apart than that are another program's poll: a kubelet lists what runs every two seconds. */
  readonly pairsWithin: Nanos;
  /** So many pairs, over at least so long. */
  readonly minPairs: number;
  readonly minSpan: Nanos;
}

export const defaultKubeletLimits: KubeletLimits = {
  maxRemembered: 4096,
  pairWithin: nanosPerSecond / 5n,
  pairsWithin: 5n * nanosPerSecond,
  minPairs: 3,
  minSpan: (3n * nanosPerSecond) / 2n,
};

type Process = Omit<Caller, 'userAgent'>;

/**
 * Which callers are kubelets: by the name of their program, or, whatever it is called, by what none but a kubelet
 * does: `Version` with "0.1.0" in it, and lists of the sandboxes and then of the containers, every two seconds or more
 * often. A program of which one process did so is known by its name from then on.
 */
export interface Kubelets {
  /** A call ended. */
  saw(call: Call): void;
  isOne(caller: Process, connection: number, endpoint: string): boolean;
  /**
   * It is one, or, where the source does not know who called, has the user agent of one that used the endpoint: enough
   * to tell what befell the endpoint, and not to say that the two are the same.
   */
  mayBeOne(caller: Caller, connection: number, endpoint: string): boolean;
}

interface Behaviour {
  /** By which other processes like it are known; null: it has no name of its own. */
  readonly program: string | null;
  isKubelet: boolean;
  askedVersion: boolean;
  /** What was listed last, and until when. */
  listed: 'all_sandboxes' | 'ready_sandboxes' | null;
  listedAt: Nanos;
  pairs: number;
  firstPairAt: Nanos;
  lastPairAt: Nanos;
}

/** Names of interpreters are no names of programs. */
const programKey = ({ comm, uid }: Process, endpoint: string): string | null =>
  comm === null || /^(?:node|python[\d.]*|java|ruby|perl|sh|bash|MainThread)$/.test(comm)
    ? null
    : `${endpoint}\n${uid}\n${programOf(comm)}`;

const likeness = ({ userAgent }: Caller, endpoint: string): string => `${endpoint}\n${userAgent}`;

const completes = (
  behaviour: Behaviour,
  step: Step,
  start: Nanos,
  { pairWithin }: KubeletLimits,
): boolean => {
  const { listed, listedAt } = behaviour;
  if (listed === null || start < listedAt || start - listedAt > pairWithin) return false;
  return listed === 'all_sandboxes' ? step.is === 'all_containers' : step.is === 'running_containers';
};

export const createKubelets = (limits: KubeletLimits = defaultKubeletLimits): Kubelets => {
  const byProcess = new Map<string, Behaviour>();
  /** The same for all calls of a connection. */
  const byConnection = new Map<number, Behaviour>();
  const programs = new Map<string, true>();
  /** Of callers without a name: the endpoint and the user agent. */
  const userAgents = new Map<string, true>();

  const behaviourOf = (caller: Process, connection: number, endpoint: string): Behaviour => {
    const heard = byConnection.get(connection);
    if (heard !== undefined) return heard;
    const key = processKey(caller, connection);
    const program = programKey(caller, endpoint);
    const known = byProcess.get(key) ?? {
      program,
      isKubelet: isKubelet(caller.comm) || (program !== null && programs.has(program)),
      askedVersion: false,
      listed: null,
      listedAt: 0n,
      pairs: 0,
      firstPairAt: 0n,
      lastPairAt: 0n,
    };
    remember(byProcess, key, known, limits.maxRemembered);
    remember(byConnection, connection, known, limits.maxRemembered);
    return known;
  };

  const paired = (behaviour: Behaviour, at: Nanos): void => {
    if (behaviour.pairs === 0 || at - behaviour.lastPairAt > limits.pairsWithin) {
      behaviour.pairs = 0;
      behaviour.firstPairAt = at;
    }
    behaviour.pairs += 1;
    behaviour.lastPairAt = at;
  };

  const judge = (behaviour: Behaviour, { caller, endpoint }: Call): void => {
    const { askedVersion, pairs, firstPairAt, lastPairAt } = behaviour;
    if (!askedVersion || pairs < limits.minPairs || lastPairAt - firstPairAt < limits.minSpan) return;
    behaviour.isKubelet = true;
    if (behaviour.program !== null) remember(programs, behaviour.program, true, limits.maxRemembered);
    else if (isNobody(caller)) remember(userAgents, likeness(caller, endpoint), true, limits.maxRemembered);
  };

  return {
    saw(call) {
      const behaviour = behaviourOf(call.caller, call.connection, call.endpoint);
      if (behaviour.isKubelet) return;
      const { start, end, result } = call;
      if (start === null || end === null || result.status !== 'OK') return;
      const step = stepOf(call);
      switch (step?.is) {
        case 'version':
          behaviour.askedVersion ||= call.facts.values['version.requested'] === '0.1.0';
          break;
        case 'all_sandboxes':
        case 'ready_sandboxes':
          behaviour.listed = step.is;
          behaviour.listedAt = end;
          return;
        case 'all_containers':
        case 'running_containers':
          if (completes(behaviour, step, start, limits)) paired(behaviour, end);
          behaviour.listed = null;
          break;
        default:
          return;
      }
      judge(behaviour, call);
    },
    isOne: (caller, connection, endpoint) => behaviourOf(caller, connection, endpoint).isKubelet,
    mayBeOne: (caller, connection, endpoint) =>
      behaviourOf(caller, connection, endpoint).isKubelet ||
      (isNobody(caller) && caller.userAgent !== null && userAgents.has(likeness(caller, endpoint))),
  };
};
