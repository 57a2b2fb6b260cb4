import { type Nanos, nanosPerMillisecond } from '../../foundation/time.ts';

export interface KernelLimits {
  /** Processes that live, of the runtime and of what it started; what comes beyond is not followed. */
  readonly maxProcesses: number;
  /** Processes that a runtime or a shim started, each with all that came of it; the oldest gives way. */
  readonly maxUnits: number;
  /** Programs of one unit; of more, only their number and their CPU time count. */
  readonly maxUnitPrograms: number;
  /** Syncs, block requests, connects, signals and OOM kills; the oldest give way. */
  readonly maxActivities: number;
  /** Cgroups that are frozen. */
  readonly maxFrozen: number;
  /** Calls followed, in flight or ended, that may make the runtime start processes. */
  readonly maxCalls: number;
  /** Ended calls held back; the oldest is told at once. */
  readonly maxHeld: number;
  /** Told calls whose story is remembered, for their revisions. */
  readonly maxTold: number;
  /** Parts of one call's story, and marks in it. */
  readonly maxParts: number;
  readonly maxMarks: number;
  /** Shorter syncs of the runtime itself are no parts: they count in its sums. */
  readonly minSyncPart: Nanos;
  /** How late after the end of a call its last kernel events may come: they are read in rounds. */
  readonly settle: Nanos;
}

export const defaultKernelLimits: KernelLimits = {
  maxProcesses: 16_384,
  maxUnits: 4096,
  maxUnitPrograms: 64,
  maxActivities: 16_384,
  maxFrozen: 1024,
  maxCalls: 4096,
  maxHeld: 1024,
  maxTold: 1024,
  maxParts: 64,
  maxMarks: 32,
  minSyncPart: nanosPerMillisecond,
  settle: 250n * nanosPerMillisecond,
};

export interface KernelCounters {
  processesNow: number;
  unitsNow: number;
  heldNow: number;
  /** Calls told with what the kernel did for them. */
  told: number;
  byIdentity: number;
  byProcess: number;
  byTime: number;
  /** Processes that two or more calls may have caused, at the time when one of these was told. */
  ambiguous: number;
  /** Processes that no call caused, as far as was seen. */
  unowned: number;
  /** Programs of containers beyond their first: not the runtime's work. */
  workload: number;
  /** Events of processes of which nothing is known. */
  stray: number;
  processesDropped: number;
  unitsDropped: number;
  programsDropped: number;
  activitiesDropped: number;
  partsDropped: number;
  callsDropped: number;
  /** Told before their time, at `maxHeld`. */
  heldDropped: number;
  /** Events that the kernel could not hand over. */
  lost: number;
}

export const createKernelCounters = (): KernelCounters => ({
  processesNow: 0,
  unitsNow: 0,
  heldNow: 0,
  told: 0,
  byIdentity: 0,
  byProcess: 0,
  byTime: 0,
  ambiguous: 0,
  unowned: 0,
  workload: 0,
  stray: 0,
  processesDropped: 0,
  unitsDropped: 0,
  programsDropped: 0,
  activitiesDropped: 0,
  partsDropped: 0,
  callsDropped: 0,
  heldDropped: 0,
  lost: 0,
});
