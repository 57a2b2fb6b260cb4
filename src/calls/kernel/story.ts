import type { Nanos } from '../../foundation/time.ts';
import type { KernelLink } from './owner.ts';
import type { Program } from './program.ts';

/** How the threads of processes were scheduled, added up. */
export interface SchedulingTotals {
  /** Ready to run, and without a processor. */
  readonly runQueueNs: Nanos;
  /** In uninterruptible sleep. */
  readonly blockedNs: Nanos;
}

/** A program that ran for a call, or something that the runtime itself did or waited for. */
export interface KernelPart {
  readonly name: string;
  readonly what:
    | { readonly kind: 'program'; readonly program: Program }
    | { readonly kind: 'sync'; readonly operation: string; readonly file: string | null }
    | {
        readonly kind: 'connect';
        readonly address: string;
        readonly port: number;
        readonly connected: boolean;
      }
    /** From the signal to the exit of the process that got it. */
    | { readonly kind: 'stop'; readonly signal: number; readonly comm: string };
  readonly link: KernelLink;
  readonly pid: number;
  readonly processStart: Nanos;
  readonly comm: string;
  /** Index of the part whose process started this one; null: the runtime or a shim did, or it lived longer than that. */
  readonly parent: number | null;
  /** Inside the runtime's time of the call. */
  readonly start: Nanos;
  readonly end: Nanos;
  /** It went on when the call was over; `end` is that of the call. */
  readonly outlives: boolean;
  readonly exitCode: number | null;
  readonly signal: number | null;
  /** User and system time; null while it runs. */
  readonly cpuNs: Nanos | null;
  readonly peakRssBytes: number | null;
  /** Of its own process; null: not asked for, or nothing was told. */
  readonly scheduling: SchedulingTotals | null;
  /** Of a CNI plugin. */
  readonly interfaceName: string | null;
}

/** What befell a process of the call, or its cgroup. */
export type KernelMark =
  | {
      readonly kind: 'oom_kill';
      readonly at: Nanos;
      readonly pid: number;
      readonly comm: string;
      readonly cgroup: string | null;
    }
  | {
      readonly kind: 'signal';
      readonly at: Nanos;
      readonly signal: number;
      readonly pid: number;
      readonly comm: string;
      /** Null: the kernel. */
      readonly sender: { readonly pid: number; readonly comm: string } | null;
    }
  /** Frozen, and not thawed when the call was told. */
  | { readonly kind: 'frozen'; readonly at: Nanos; readonly path: string };

/** A share of the call's time. All shares and what is unexplained make the whole. */
export interface KernelShare {
  /** `CNI`, `runc create`, `fsync meta.db`. */
  readonly name: string;
  readonly ns: Nanos;
  /** What it is made of, where that is several things. */
  readonly of: readonly { readonly name: string; readonly ns: Nanos }[];
}

export interface BlockTotals {
  readonly requests: number;
  readonly bytes: bigint;
  /** Sum of the times from issue to completion: requests overlap. */
  readonly durationNs: Nanos;
}

/** What the kernel saw of the work for one call. */
export interface KernelStory {
  /** The runtime's time of the call. */
  readonly from: Nanos;
  readonly to: Nanos;
  /** In the order in which they began, parents before children. */
  readonly parts: readonly KernelPart[];
  readonly partsDropped: number;
  /** Largest first. */
  readonly shares: readonly KernelShare[];
  readonly unexplainedNs: Nanos;
  /** Shares and the unexplained in words. */
  readonly breakdown: string;
  readonly executions: number;
  readonly cpuNs: Nanos;
  readonly syncs: {
    readonly count: number;
    readonly durationNs: Nanos;
    readonly slowest: { readonly operation: string; readonly file: string | null; readonly ns: Nanos } | null;
  };
  /** Of the runtime itself at this time, which may be of other calls under way as well. */
  readonly sharedSyncs: { readonly count: number; readonly durationNs: Nanos };
  readonly block: BlockTotals;
  /** Of all others on the node, on any device, at this time. */
  readonly blockOfOthers: BlockTotals;
  /** Of the processes of the call, added up; null: not asked for, or nothing was told. */
  readonly scheduling: SchedulingTotals | null;
  readonly marks: readonly KernelMark[];
  readonly marksDropped: number;
  /** Processes that may be of this call or of another that was under way. */
  readonly ambiguous: number;
  /** Events that were lost meanwhile: parts may be missing. */
  readonly lostRecords: number;
}
