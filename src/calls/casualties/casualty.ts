import type { PodIdentity } from '../../cri/facts.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { KernelTask } from '../../kernel/kernel-event.ts';

interface CasualtyOf<Kind extends string> {
  readonly kind: Kind;
  /** Identity: the kind, the cgroup or process, and the start; a higher revision replaces a lower one. */
  readonly revision: number;
  readonly start: Nanos;
  readonly end: Nanos;
  /** Whose cgroup it is, as far as its path says and messages on a watched socket named it. */
  readonly pod: PodIdentity | null;
  readonly containerName: string | null;
  readonly containerId: string | null;
  readonly explanation: string;
}

/** A process of a runtime's family that the kernel ended for want of memory. */
export interface OomKill extends CasualtyOf<'oom_kill'> {
  readonly process: KernelTask;
  readonly cgroup: string | null;
}

/** A cgroup of the family that is frozen, and stays so. */
export interface Frozen extends CasualtyOf<'frozen'> {
  /** Who froze it. */
  readonly process: KernelTask | null;
  readonly cgroup: string;
  /** It goes on again, or was removed; `end` is when. */
  readonly ended: boolean;
}

/** What befell processes by the kernel, whether or not a call was under way: containers live between calls. */
export type Casualty = OomKill | Frozen;
