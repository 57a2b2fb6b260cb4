import type { Kept, KeptValue } from '../../cri/kept.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { Candidate } from './candidates.ts';
import type { InferenceCounters, InferenceLimits } from './limits.ts';

export type IdKind = 'sandbox' | 'container';
export type State = 'created' | 'running' | 'exited' | 'ready' | 'not_ready' | 'absent';

/** A call that named one id and was answered by an empty message: only what became of the id tells its method. */
export interface Pending<Subject> {
  readonly subject: Subject;
  readonly id: string;
  readonly kind: IdKind;
  readonly end: Nanos;
  readonly before: State | null;
  /** Something else was done to the id after it. */
  touched: boolean;
}

/** Sandboxes and containers, and what the last reply said of them. */
export interface States<Subject> {
  kindOf(id: string): IdKind | null;
  stateOf(id: string): State | null;
  /** Made by the last call that named it. */
  isFresh(id: string): boolean;
  touch(id: string): void;
  /** A call that takes an id and answers with nothing went well; null: which one is not known, and so what became of it. */
  acted(id: string, rpc: string | null): void;
  /** How often one that was known came to another state. */
  changes(): number;
  wait(pending: Pending<Subject>): void;
  /** Calls were not seen: what the next list shows may be their doing. */
  lost(): void;
  /**
   * What the messages of a call say. Returns the calls whose effect a complete list shows. `isWhole`: the replies are
   * all that there were.
   */
  learn(
    rpc: string,
    request: Kept | null,
    responses: readonly Kept[],
    isWhole: boolean,
    start: Nanos | null,
    mayTouch: (id: string, kind: IdKind) => boolean,
  ): readonly { readonly pending: Pending<Subject>; readonly after: State }[];
}

interface Known {
  readonly kind: IdKind;
  /** Null: calls were lost since it was told. */
  state: State | null;
  fresh: boolean;
}

const isKept = (value: KeptValue | undefined): value is Kept =>
  typeof value === 'object' && !Array.isArray(value);
const keptList = (value: KeptValue | undefined): readonly Kept[] =>
  Array.isArray(value) ? value.filter(isKept) : [];
const textOf = (value: KeptValue | undefined): string | null => (typeof value === 'string' ? value : null);

/** An enum's first value is not on the wire. */
const containerState = (value: KeptValue | undefined): State | null => {
  if (value === undefined || value === 'CONTAINER_CREATED') return 'created';
  if (value === 'CONTAINER_RUNNING') return 'running';
  return value === 'CONTAINER_EXITED' ? 'exited' : null;
};
const sandboxState = (value: KeptValue | undefined): State | null => {
  if (value === undefined || value === 'SANDBOX_READY') return 'ready';
  return value === 'SANDBOX_NOTREADY' ? 'not_ready' : null;
};

const listed: Readonly<Record<string, { readonly kind: IdKind; readonly items: string }>> = {
  ListContainers: { kind: 'container', items: 'containers' },
  StreamContainers: { kind: 'container', items: 'containers' },
  ListPodSandbox: { kind: 'sandbox', items: 'items' },
  StreamPodSandboxes: { kind: 'sandbox', items: 'pod_sandboxes' },
};

/** No filter, or one that lets everything pass. */
const isUnfiltered = (request: Kept | null): boolean => {
  if (request === null) return false;
  const { filter } = request;
  return filter === undefined || (isKept(filter) && Object.keys(filter).length === 0);
};

/** What silent methods make of an id; of others nothing is said. */
const stateAfter: Readonly<Record<string, State>> = {
  StartContainer: 'running',
  StopContainer: 'exited',
  RemoveContainer: 'absent',
  StopPodSandbox: 'not_ready',
  RemovePodSandbox: 'absent',
};

export const createStates = <Subject>(
  limits: InferenceLimits,
  counters: InferenceCounters,
): States<Subject> => {
  const known = new Map<string, Known>();
  let waiting: Pending<Subject>[] = [];
  let changes = 0;

  const set = (kind: IdKind, id: string | null, state: State | null, fresh = false): void => {
    if (id === null || state === null) return;
    const before = known.get(id);
    if (before !== undefined) {
      if (before.state !== null && before.state !== state) changes += 1;
      before.state = state;
      return;
    }
    const [oldest] = known.size < limits.maxIds ? [] : known.keys();
    if (oldest !== undefined) {
      known.delete(oldest);
      counters.overIds += 1;
    }
    known.set(id, { kind, state, fresh });
  };

  /** Of a complete list: what is not in it is gone. */
  const settle = (
    kind: IdKind,
    present: ReadonlySet<string>,
    start: Nanos | null,
    mayTouch: (id: string, kind: IdKind) => boolean,
  ) => {
    for (const [id, of] of known) {
      if (of.kind !== kind || present.has(id) || of.fresh) continue;
      if (of.state === 'absent' && !waiting.some((pending) => pending.id === id)) known.delete(id);
      else {
        if (of.state !== 'absent') changes += 1;
        of.state = 'absent';
      }
    }
    const shown: { pending: Pending<Subject>; after: State }[] = [];
    if (start === null) return shown;
    waiting = waiting.filter((pending) => {
      if (pending.kind !== kind || pending.end > start || mayTouch(pending.id, kind)) return true;
      shown.push({ pending, after: known.get(pending.id)?.state ?? 'absent' });
      return false;
    });
    return shown;
  };

  return {
    kindOf: (id) => known.get(id)?.kind ?? null,
    stateOf: (id) => known.get(id)?.state ?? null,
    isFresh: (id) => known.get(id)?.fresh ?? false,
    touch(id) {
      const of = known.get(id);
      if (of !== undefined) of.fresh = false;
      for (const pending of waiting) if (pending.id === id) pending.touched = true;
    },
    acted(id, rpc) {
      const of = known.get(id);
      const after = rpc === null ? null : stateAfter[rpc];
      if (of === undefined || after === undefined) return;
      if (of.state !== null && after !== null && of.state !== after) changes += 1;
      of.state = after;
    },
    changes: () => changes,
    lost() {
      waiting = [];
      for (const of of known.values()) {
        of.state = null;
        of.fresh = false;
      }
    },
    wait(pending) {
      if (waiting.length >= limits.maxPending) {
        waiting.shift();
        counters.overPending += 1;
      }
      waiting.push(pending);
    },
    learn(rpc, request, responses, isWhole, start, mayTouch) {
      const [response] = responses;
      if (response === undefined) return [];
      const list = listed[rpc];
      if (list !== undefined) {
        const stateIn = list.kind === 'container' ? containerState : sandboxState;
        const present = new Set<string>();
        for (const item of responses.flatMap((one) => keptList(one[list.items]))) {
          const id = textOf(item.id);
          if (id !== null) present.add(id);
          set(list.kind, id, stateIn(item.state));
        }
        return isWhole && isUnfiltered(request) ? settle(list.kind, present, start, mayTouch) : [];
      }
      const { status } = response;
      if (rpc === 'ContainerStatus' && isKept(status)) {
        set('container', textOf(status.id), containerState(status.state));
      }
      if (rpc === 'PodSandboxStatus' && isKept(status)) {
        set('sandbox', textOf(status.id), sandboxState(status.state));
      }
      if (rpc === 'CreateContainer') set('container', textOf(response.container_id), 'created', true);
      if (rpc === 'RunPodSandbox') set('sandbox', textOf(response.pod_sandbox_id), 'ready');
      return [];
    },
  };
};

/** Methods that take an id and answer with an empty message. */
export const silentMethods: ReadonlySet<string> = new Set([
  'StartContainer',
  'StopContainer',
  'RemoveContainer',
  'ReopenContainerLog',
  'StopPodSandbox',
  'RemovePodSandbox',
]);

const takesSandbox = (candidate: Candidate): boolean =>
  candidate.method.request[0] === 'pod_sandbox_id' && candidate.rpc !== 'CreateContainer';
const takesContainer = (candidate: Candidate): boolean => candidate.method.request[0] === 'container_id';

/** An id is of one kind. */
export const kindOdds =
  (kind: IdKind) =>
  (candidate: Candidate): number =>
    (kind === 'container' ? takesSandbox(candidate) : takesContainer(candidate)) ? 0.001 : 1;

/** How likely a silent method was, called in this state and answered with OK. */
export const beforeOdds =
  (before: State, isFresh: boolean) =>
  ({ rpc }: Candidate): number => {
    switch (rpc) {
      case 'StartContainer':
        return before === 'created' ? 1 : 0.001;
      case 'StopContainer':
        return before === 'created' ? 0.01 : 1;
      case 'RemoveContainer':
        // A running one is not removed but by force; one just made is there to be started.
        return before === 'running' || isFresh ? 0.02 : 1;
      case 'ReopenContainerLog':
        return before === 'running' ? 1 : 0.01;
      case 'RemovePodSandbox':
        return before === 'ready' ? 0.02 : 1;
      default:
        return 1;
    }
  };

/** The same by what the next complete list shows. `touched`: the id was named again in between. */
export const afterOdds =
  (after: State, touched: boolean) =>
  ({ rpc }: Candidate): number => {
    const absent = after === 'absent';
    switch (rpc) {
      case 'StartContainer':
        return after === 'created' ? 0.001 : absent ? 0.05 : 1;
      case 'StopContainer':
        return after === 'running' ? 0.001 : absent && !touched ? 0.05 : 1;
      case 'ReopenContainerLog':
        return after === 'created' ? 0.001 : absent ? 0.05 : after === 'exited' ? 0.3 : 1;
      case 'StopPodSandbox':
        return after === 'ready' ? 0.001 : absent && !touched ? 0.02 : 1;
      case 'RemoveContainer':
      case 'RemovePodSandbox':
        return !absent ? 0.001 : touched ? 0.02 : 1;
      default:
        return 1;
    }
  };
