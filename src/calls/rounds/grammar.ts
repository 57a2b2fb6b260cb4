import type { RoundKind } from './round.ts';
import type { Step } from './step.ts';

type Name = Step['is'];

/** The lists that a round began with, one after the other. */
interface Lists {
  /** Their names. */
  readonly are: string;
  readonly count: number;
  readonly kind: RoundKind;
  /** What may come next. */
  readonly next: Map<Name, Lists>;
}

/** Whom a round looked at beyond its lists. */
interface FanOut {
  /** What was asked about the pod whose turn it is as a whole: each is asked once. */
  readonly inTurn: Set<Name>;
  /** Containers whose status it has: likewise. */
  readonly containers: Set<string>;
  readonly pods: Set<string>;
}

/** How far a round has come. */
export interface Progress {
  lists: Lists;
  /** The pod that is looked at now. */
  pod: string | null;
  fanOut: FanOut | null;
}

/** The lists by which the loops begin, each after the one before it. */
const sequences: readonly (readonly Name[])[] = [
  ['all_sandboxes', 'all_containers'],
  ['ready_sandboxes', 'running_containers'],
  ['all_containers', 'all_containers', 'all_sandboxes'],
  ['all_containers', 'all_sandboxes', 'container_stats', 'image_fs'],
  // Statistics of pods that are refused, and then those of containers.
  ['container_stats', 'container_stats', 'image_fs'],
  ['images', 'all_sandboxes', 'all_containers', 'image_fs'],
  ['image_fs'],
  ['pod_sandboxes'],
  ['status'],
  ['version'],
];

const kindOfLists = (lists: readonly Name[]): RoundKind => {
  const [first, second] = lists;
  switch (first) {
    case 'all_sandboxes':
      return second === undefined ? 'list' : 'pleg_relist';
    case 'ready_sandboxes':
      return second === undefined ? 'list' : 'housekeeping';
    case 'all_containers':
      if (lists.includes('container_stats')) return 'stats';
      return second === 'all_containers' && lists.length === 3 ? 'container_gc' : 'list';
    case 'images':
      return lists.length >= 3 ? 'image_gc' : 'image_list';
    case 'image_fs':
    case 'container_stats':
      return 'stats';
    case 'pod_sandboxes':
      return 'pod_status';
    case 'status':
      return 'runtime_status';
    default:
      return 'node_status';
  }
};

/** By the first list, as a tree. */
const beginnings: ReadonlyMap<Name, Lists> = (() => {
  const all = new Map<Name, Lists>();
  for (const sequence of sequences) {
    let level = all;
    for (const [at, name] of sequence.entries()) {
      const lists = sequence.slice(0, at + 1);
      const known = level.get(name) ?? {
        are: lists.join(' '),
        count: lists.length,
        kind: kindOfLists(lists),
        next: new Map<Name, Lists>(),
      };
      level.set(name, known);
      level = known.next;
    }
  }
  return all;
})();

/** Null: no loop begins so. */
export const begin = (step: Step): Progress | null => {
  const lists = beginnings.get(step.is);
  if (lists === undefined) return null;
  return { lists, pod: step.is === 'pod_sandboxes' ? step.pod : null, fanOut: null };
};

const isRelist = ({ lists }: Progress): boolean => lists.kind === 'pleg_relist';
const isPodStatus = ({ lists }: Progress): boolean => lists.kind === 'pod_status';
const isContainerGc = ({ lists }: Progress): boolean => lists.kind === 'container_gc';
const isImageGc = ({ lists }: Progress): boolean => lists.are === 'images all_sandboxes all_containers';
const isOneListOfContainers = ({ lists }: Progress): boolean => lists.are === 'all_containers';

/** Beyond its lists. */
export const hasFannedOut = ({ fanOut }: Progress): boolean => fanOut !== null;

/** Pods that it looked at. */
export const podCount = ({ pod, fanOut }: Progress): number => fanOut?.pods.size ?? (pod === null ? 0 : 1);

const hasLookedAt = ({ pod, fanOut }: Progress, one: string): boolean => fanOut?.pods.has(one) ?? pod === one;

const hasVisited = ({ fanOut }: Progress, container: string): boolean =>
  fanOut?.containers.has(container) === true;

const hasAsked = ({ fanOut }: Progress, is: Name): boolean => fanOut?.inTurn.has(is) === true;

/** One pod after the other, its sandboxes, their status, its containers and theirs, in the order of the release. */
const looksOn = (of: Progress, step: Step): boolean => {
  if (!isRelist(of) && !isPodStatus(of)) return false;
  switch (step.is) {
    case 'pod_sandboxes':
    case 'sandbox_status':
    case 'pod_containers':
      if (step.pod === null) return false;
      if (step.pod !== of.pod) return isRelist(of) && !hasLookedAt(of, step.pod);
      // Containers come last: what asks for the pod anew then is another loop. One made anew has several sandboxes.
      return !hasAsked(of, 'container_status') && (step.is === 'sandbox_status' || !hasAsked(of, step.is));
    case 'container_status':
      // One that is gone by now has no pod: it is of the pod whose turn it is.
      if (of.pod === null || (step.pod !== null && step.pod !== of.pod)) return false;
      return !hasVisited(of, step.container);
    default:
      return false;
  }
};

/** Log rotation visits every container that runs, once; garbage collection those that it removes. */
const visits = (of: Progress, step: Step): boolean => {
  if (step.is === 'remove') return isContainerGc(of) || isImageGc(of);
  if (step.is !== 'container_status') return false;
  return isContainerGc(of) || (isOneListOfContainers(of) && !hasVisited(of, step.container));
};

/** Whether the call may be the next one of the round. */
export const accepts = (of: Progress, step: Step): boolean =>
  (of.fanOut === null && of.lists.next.has(step.is)) || looksOn(of, step) || visits(of, step);

/** The pod that the call is about is the one whose turn it is: more than that it may be the next. */
export const isInTurn = ({ pod }: Progress, step: Step): boolean =>
  pod !== null && 'pod' in step && step.pod === pod;

const fanOutOf = (of: Progress): FanOut => {
  const { pod } = of;
  of.fanOut ??= {
    inTurn: new Set(),
    containers: new Set(),
    pods: new Set(pod === null ? [] : [pod]),
  };
  return of.fanOut;
};

/** Takes a call that it accepts. */
export const advance = (of: Progress, step: Step): void => {
  switch (step.is) {
    case 'container_status': {
      const { containers, inTurn, pods } = fanOutOf(of);
      containers.add(step.container);
      inTurn.add('container_status');
      if (step.pod !== null) pods.add(step.pod);
      return;
    }
    case 'sandbox_status':
    case 'pod_sandboxes':
    case 'pod_containers': {
      const { inTurn, pods } = fanOutOf(of);
      if (step.pod !== of.pod) inTurn.clear();
      of.pod = step.pod;
      inTurn.add(step.is);
      if (step.pod !== null) pods.add(step.pod);
      return;
    }
    case 'remove':
      fanOutOf(of);
      return;
    default:
      of.lists = of.lists.next.get(step.is) ?? of.lists;
  }
};

/** Nothing can follow. */
export const isOver = ({ lists: { are } }: Progress): boolean =>
  are === 'status' || are === 'version' || are === 'image_fs';

export const kindOf = (of: Progress): RoundKind =>
  isOneListOfContainers(of) && (of.fanOut?.containers.size ?? 0) > 0 ? 'log_rotation' : of.lists.kind;
