import type { RoundKind } from './round.ts';
import type { Step } from './step.ts';

type Name = Step['is'];

/** How far a round has come: the lists that it began with, and whom it looked at since. */
export interface Progress {
  readonly lists: Name[];
  /** The pod that is looked at now. */
  pod: string | null;
  /** What was asked about it as a whole: each is asked once. */
  readonly inTurn: Set<Name>;
  /** Containers whose status it has: likewise. */
  readonly containers: Set<string>;
  readonly pods: Set<string>;
  hasRemoved: boolean;
}

/** Null: no loop begins so. */
export const begin = (step: Step): Progress | null => {
  switch (step.is) {
    case 'sandbox_status':
    case 'container_status':
    case 'pod_containers':
    case 'running_containers':
    case 'remove':
      return null;
  }
  const pod = step.is === 'pod_sandboxes' ? step.pod : null;
  return {
    lists: [step.is],
    pod,
    inTurn: new Set(),
    containers: new Set(),
    pods: new Set(pod === null ? [] : [pod]),
    hasRemoved: false,
  };
};

/** The lists by which the loops begin, each after the one before it. */
const sequences: readonly (readonly Name[])[] = [
  ['all_sandboxes', 'all_containers'],
  ['ready_sandboxes', 'running_containers'],
  ['all_containers', 'all_containers', 'all_sandboxes'],
  ['all_containers', 'all_sandboxes', 'container_stats', 'image_fs'],
  // Statistics of pods that are refused, and then those of containers.
  ['container_stats', 'container_stats', 'image_fs'],
  ['images', 'all_sandboxes', 'all_containers', 'image_fs'],
];

const began = ({ lists }: Progress, ...so: readonly Name[]): boolean =>
  lists.length === so.length && so.every((is, at) => lists[at] === is);

const isRelist = (of: Progress): boolean => began(of, 'all_sandboxes', 'all_containers');
const isPodStatus = (of: Progress): boolean => began(of, 'pod_sandboxes');
const isContainerGc = (of: Progress): boolean =>
  began(of, 'all_containers', 'all_containers', 'all_sandboxes');
const isImageGc = (of: Progress): boolean => began(of, 'images', 'all_sandboxes', 'all_containers');

/** Beyond its lists. */
export const hasFannedOut = ({ inTurn, containers, hasRemoved }: Progress): boolean =>
  inTurn.size > 0 || containers.size > 0 || hasRemoved;

const listsOn = (of: Progress, { is }: Step): boolean =>
  !hasFannedOut(of) &&
  sequences.some((all) => all[of.lists.length] === is && of.lists.every((one, at) => all[at] === one));

/** One pod after the other, its sandboxes, their status, its containers and theirs, in the order of the release. */
const looksOn = (of: Progress, step: Step): boolean => {
  if (!isRelist(of) && !isPodStatus(of)) return false;
  switch (step.is) {
    case 'pod_sandboxes':
    case 'sandbox_status':
    case 'pod_containers':
      if (step.pod === null) return false;
      if (step.pod !== of.pod) return isRelist(of) && !of.pods.has(step.pod);
      // Containers come last: what asks for the pod anew then is another loop. One made anew has several sandboxes.
      return !of.inTurn.has('container_status') && (step.is === 'sandbox_status' || !of.inTurn.has(step.is));
    case 'container_status':
      // One that is gone by now has no pod: it is of the pod whose turn it is.
      if (of.pod === null || (step.pod !== null && step.pod !== of.pod)) return false;
      return !of.containers.has(step.container);
    default:
      return false;
  }
};

/** Log rotation visits every container that runs, once; garbage collection those that it removes. */
const visits = (of: Progress, step: Step): boolean => {
  if (step.is === 'remove') return isContainerGc(of) || isImageGc(of);
  if (step.is !== 'container_status') return false;
  return isContainerGc(of) || (began(of, 'all_containers') && !of.containers.has(step.container));
};

/** Whether the call may be the next one of the round. */
export const accepts = (of: Progress, step: Step): boolean =>
  listsOn(of, step) || looksOn(of, step) || visits(of, step);

/** The pod that the call is about is the one whose turn it is: more than that it may be the next. */
export const isInTurn = ({ pod }: Progress, step: Step): boolean =>
  pod !== null && 'pod' in step && step.pod === pod;

/** Takes a call that it accepts. */
export const advance = (of: Progress, step: Step): void => {
  switch (step.is) {
    case 'container_status':
      of.containers.add(step.container);
      of.inTurn.add('container_status');
      if (step.pod !== null) of.pods.add(step.pod);
      return;
    case 'sandbox_status':
    case 'pod_sandboxes':
    case 'pod_containers':
      if (step.pod !== of.pod) of.inTurn.clear();
      of.pod = step.pod;
      of.inTurn.add(step.is);
      if (step.pod !== null) of.pods.add(step.pod);
      return;
    case 'remove':
      of.hasRemoved = true;
      return;
    default:
      of.lists.push(step.is);
  }
};

/** Nothing can follow. */
export const isOver = (of: Progress): boolean =>
  began(of, 'status') || began(of, 'version') || began(of, 'image_fs');

export const kindOf = (of: Progress): RoundKind => {
  const [first, second] = of.lists;
  switch (first) {
    case 'all_sandboxes':
      return second === undefined ? 'list' : 'pleg_relist';
    case 'ready_sandboxes':
      return second === undefined ? 'list' : 'housekeeping';
    case 'all_containers':
      if (of.lists.includes('container_stats')) return 'stats';
      if (isContainerGc(of)) return 'container_gc';
      return began(of, 'all_containers') && of.containers.size > 0 ? 'log_rotation' : 'list';
    case 'images':
      return of.lists.length >= 3 ? 'image_gc' : 'image_list';
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
