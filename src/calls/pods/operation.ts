import type { PodIdentity } from '../../cri/facts.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { Caller } from '../caller.ts';
import type { Course } from '../waits/wait.ts';

/** What a client did with a pod in several calls. */
export type OperationKind = 'pod_start' | 'container_start' | 'pod_stop';

/**
 * Names one operation by what any observer of the node sees, whenever it began to look: from this alone its trace has
 * its ids.
 */
export interface OperationKey {
  readonly kind: OperationKind;
  /** The pod's uid; `namespace/name` where it has none. */
  readonly pod: string;
  /** Of the sandbox. */
  readonly attempt: number;
  /** Of a `container_start`. */
  readonly container: string | null;
  /**
   * Of a `pod_start` how many of it were told before: 0, but for a try after one was told as failed. The container's attempt; of a `pod_stop` the sum of the newest attempts of its containers, which tells a stop
   * from one before the containers were made anew.
   */
  readonly generation: number;
}

/** The operation that a call is a `part` of, or that it comes `after` (the removal of what was stopped). */
export interface CallOperation {
  readonly key: OperationKey;
  readonly role: 'part' | 'after';
}

export type PhaseName =
  | 'sandbox'
  | 'sandbox_status'
  | 'image_pull'
  | 'create'
  | 'start'
  | 'post_start'
  | 'pre_stop'
  | 'stop'
  | 'sandbox_stop'
  /** No call of the operation was under way: time of the client itself. */
  | 'client'
  /** Likewise, while a container ran that had ended before the next call: an init container. */
  | 'init_container';

export interface Phase {
  readonly phase: PhaseName;
  readonly container: string | null;
  readonly image: string | null;
  readonly start: Nanos;
  readonly end: Nanos;
  /** Null where no call was, or it ended without one. */
  readonly status: string | null;
  /** The call; null where there is none. */
  readonly connection: number | null;
  readonly stream: number | null;
}

/**
 * `running`: all containers that were made run. `stopped`: the sandbox is. `containers_stopped`: containers alone were
 * stopped, and the pod went on or no more was seen. `failed`: the last try of some step failed and no other came.
 * `timed_out`: nothing failed, and nothing came any more. `incomplete`: it went on when the observation of it ended.
 */
export type OperationOutcome =
  | 'running'
  | 'stopped'
  | 'containers_stopped'
  | 'failed'
  | 'timed_out'
  | 'incomplete';

export interface PodOperation {
  readonly key: OperationKey;
  readonly pod: PodIdentity;
  readonly sandboxId: string | null;
  readonly endpoint: string;
  /** Of its first call. */
  readonly connection: number;
  readonly caller: Caller;
  readonly byKubelet: boolean;
  readonly start: Nanos;
  readonly end: Nanos;
  /** False: it had begun before this observer could see it. */
  readonly startSeen: boolean;
  readonly outcome: OperationOutcome;
  /** Why it is not `running` or `stopped`. */
  readonly detail: string | null;
  /** In the order in which they began. */
  readonly phases: readonly Phase[];
  /** Calls left out at the bound. */
  readonly phasesDropped: number;
  /** Of the client's own traces, where it sends them: one of each. */
  readonly traceparents: readonly string[];
  /** Where its time went; null until all that tells it must have been seen. */
  readonly course: Course | null;
}
