import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import type { Kubelets } from '../kubelets.ts';
import type { PodCounters, PodLimits } from './limits.ts';
import { addCall, dueOf, type Ending, type OpenOperation, tellOperation } from './open-operation.ts';
import type { CallOperation, OperationKey, PhaseName, PodOperation } from './operation.ts';
import { remember } from './remember.ts';

type Operations = Map<string, OpenOperation>;

/** The operations that go on, and what is to be known of those that are over. */
export interface Ledger {
  /** By pod and attempt of its sandbox. */
  readonly starts: Operations;
  readonly stops: Operations;
  /** By pod, attempt, container and its attempt. */
  readonly containerStarts: Operations;
  /** How often the start of this pod and attempt was told. */
  timesBegun(at: string): number;
  /** The operation in which its sandbox was stopped. */
  stoppedIn(at: string): OperationKey | undefined;
  open(map: Operations, at: string, of: OpenOperation): OpenOperation;
  add(of: OpenOperation, phase: PhaseName, call: Call, at: Nanos): CallOperation;
  close(map: Operations, at: string, ending: Ending): void;
  /** Closes what is over by then; `isBusy` says of which pods calls are under way. */
  sweep(now: Nanos, isBusy: (pod: string) => boolean): void;
  closeAll(ending: Ending): void;
  /** What was closed since it was asked for last. */
  take(): readonly PodOperation[];
}

export const createLedger = (
  counters: PodCounters,
  kubelets: Pick<Kubelets, 'isOne'>,
  limits: PodLimits,
): Ledger => {
  const starts: Operations = new Map();
  const stops: Operations = new Map();
  const containerStarts: Operations = new Map();
  const maps = [starts, stops, containerStarts] as const;
  const stopped = new Map<string, OperationKey>();
  const begun = new Map<string, number>();
  /** No operation is over before. */
  let nextDue: Nanos | null = null;
  let found: PodOperation[] = [];

  const close = (map: Operations, at: string, ending: Ending): void => {
    const of = map.get(at);
    if (of === undefined) return;
    map.delete(at);
    // By now more is known of the caller than when it began.
    const byKubelet = kubelets.isOne(of.caller, of.connection, of.endpoint);
    const told = tellOperation(of, ending, byKubelet, limits);
    counters.told += 1;
    if (told.outcome === 'timed_out') counters.timedOut += 1;
    found.push(told);
    if (map === starts) remember(begun, at, (begun.get(at) ?? 0) + 1, limits.maxRemembered);
    if (of.sandboxStopped) remember(stopped, at, of.key, limits.maxRemembered);
  };

  return {
    starts,
    stops,
    containerStarts,
    timesBegun: (at) => begun.get(at) ?? 0,
    stoppedIn: (at) => stopped.get(at),
    open(map, at, of) {
      if (map.size >= limits.maxOpen) {
        const oldest = map.keys().next();
        if (!oldest.done) close(map, oldest.value, 'evicted');
        counters.evicted += 1;
      }
      map.set(at, of);
      return of;
    },
    add(of, phase, call, at) {
      if (!addCall(of, phase, call, at, limits)) counters.phasesDropped += 1;
      const due = dueOf(of, limits);
      if (nextDue === null || due < nextDue) nextDue = due;
      return { key: of.key, role: 'part' };
    },
    close,
    sweep(now, isBusy) {
      if (nextDue !== null && now < nextDue) return;
      nextDue = null;
      for (const map of maps) {
        for (const [at, of] of map) {
          if (isBusy(of.key.pod)) continue;
          const due = dueOf(of, limits);
          if (due <= now) close(map, at, 'quiet');
          else if (nextDue === null || due < nextDue) nextDue = due;
        }
      }
    },
    closeAll(ending) {
      for (const map of maps) for (const at of [...map.keys()]) close(map, at, ending);
    },
    take() {
      const all = found;
      if (all.length > 0) found = [];
      counters.openNow = starts.size + stops.size + containerStarts.size;
      return all;
    },
  };
};
