import { createOpenTable, type OpenTable } from '../../foundation/open-table.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import { callKey } from '../call-key.ts';
import { type Caller, processKey } from '../caller.ts';
import type { Kubelets } from '../kubelets.ts';
import type { CallOperation } from '../pods/operation.ts';
import { remember } from '../pods/remember.ts';
import { createRecentCalls } from '../recent-calls.ts';
import { accepts, advance, begin, isInTurn, isOver } from './grammar.ts';
import { defaultRoundLimits, type RoundCounters, type RoundLimits } from './limits.ts';
import { addToRound, isTraceOf, type OpenRound, openRound, tellRound } from './open-round.ts';
import type { CallRound, Round, RoundKind } from './round.ts';
import { isStep, type Step, stepOf } from './step.ts';

/**
 * Finds the loops of a kubelet in its calls. A loop makes one call after the other, each soon after the one before
 * ended, and every loop begins with lists of its own; what runs at the same time is told apart by that.
 */
export interface Rounds {
  /** A call began. */
  began(
    call: {
      readonly connection: number;
      readonly stream: number;
      readonly rpc: string | null;
      readonly start: Nanos;
    },
    caller: Omit<Caller, 'userAgent'>,
    endpoint: string,
  ): void;
  /** An ended call, in the order of ends, and the pod operation that it is part of: the round that it is part of. */
  ended(call: Call, operation: CallOperation | null): CallRound | null;
  /** So late it is: rounds that are over. */
  tick(now: Nanos, out: Round[]): void;
  finish(out: Round[]): void;
}

interface Process {
  readonly open: Set<OpenRound>;
  /** Calls that may go on with a round. */
  readonly inFlight: OpenTable<Nanos>;
  /** The last round of each kind that is over. */
  readonly last: Map<RoundKind, Pick<Round, 'start' | 'end'>>;
}

export const createRounds = (
  counters: RoundCounters,
  kubelets: Pick<Kubelets, 'isOne'>,
  limits: RoundLimits = defaultRoundLimits,
): Rounds => {
  const processes = new Map<string, Process>();
  const recent = createRecentCalls<CallRound>(limits.maxRecent);
  /** A connection has one caller. */
  const byConnection = new Map<number, Process>();
  const over: Round[] = [];
  /** No round is over before. */
  let nextDue: Nanos | null = null;

  const processOf = (caller: Pick<Caller, 'pid' | 'pidStart'>, connection: number): Process => {
    const key = processKey(caller, connection);
    const known = processes.get(key);
    if (known !== undefined) return known;
    if (processes.size >= limits.maxProcesses) {
      const [oldest] = processes.entries();
      if (oldest !== undefined) {
        for (const of of oldest[1].open) close(oldest[1], of);
        processes.delete(oldest[0]);
        byConnection.clear();
      }
      counters.processesForgotten += 1;
    }
    const process: Process = { open: new Set(), inFlight: createOpenTable(), last: new Map() };
    processes.set(key, process);
    return process;
  };

  const close = (process: Process, of: OpenRound): void => {
    if (!process.open.delete(of)) return;
    counters.openNow -= 1;
    counters.told += 1;
    const told = tellRound(of, (kind) => process.last.get(kind) ?? null);
    process.last.set(told.kind, { start: told.start, end: told.end });
    over.push(told);
  };

  /**
   * A list of all sandboxes soon after one of containers or images is a step of statistics or of garbage collection, or
   * where the next relist begins: when that is due, it is taken for it.
   */
  const isRelistDue = (process: Process, of: OpenRound, step: Step, start: Nanos): boolean => {
    if (step.is !== 'all_sandboxes' || of.progress.lists.count !== 1) return false;
    const last = process.last.get('pleg_relist');
    return last !== undefined && start - last.start >= limits.relistRest;
  };

  const find = (process: Process, step: Step, start: Nanos, traceparent: string | null): OpenRound | null => {
    let nearest: OpenRound | null = null;
    let isNearestInTurn = false;
    for (const of of process.open) {
      if (start < of.end || start - of.end > limits.linkWithin) continue;
      if (!accepts(of.progress, step) || isRelistDue(process, of, step, start)) continue;
      // A loop that its client traces as one needs no guess; nor has it calls of other traces.
      if (traceparent !== null && isTraceOf(of, traceparent)) return of;
      if (traceparent !== null && of.isOneTrace) continue;
      const inTurn = isInTurn(of.progress, step);
      const isBetter = inTurn === isNearestInTurn ? nearest === null || of.end > nearest.end : inTurn;
      if (!isBetter) continue;
      nearest = of;
      isNearestInTurn = inTurn;
    }
    return nearest;
  };

  const open = (process: Process, of: OpenRound): void => {
    process.open.add(of);
    counters.openNow += 1;
    const [oldest] = process.open;
    if (process.open.size <= limits.maxOpen || oldest === undefined) return;
    counters.evicted += 1;
    close(process, oldest);
  };

  const due = (of: OpenRound): void => {
    const at = of.end + limits.settle;
    if (nextDue === null || at < nextDue) nextDue = at;
  };

  const isAwaited = (process: Process, of: OpenRound): boolean => {
    for (const start of process.inFlight.values())
      if (start >= of.end && start - of.end <= limits.linkWithin) return true;
    return false;
  };

  const kubeletOf = (
    caller: Omit<Caller, 'userAgent'>,
    connection: number,
    endpoint: string,
  ): Process | null => {
    const known = byConnection.get(connection);
    if (known !== undefined) return known;
    if (!kubelets.isOne(caller, connection, endpoint)) return null;
    const process = processOf(caller, connection);
    remember(byConnection, connection, process, limits.maxConnections);
    return process;
  };

  return {
    began({ connection, stream, rpc, start }, caller, endpoint) {
      if (rpc === null || !isStep(rpc)) return;
      const process = kubeletOf(caller, connection, endpoint);
      if (process === null) return;
      const { inFlight } = process;
      if (inFlight.size >= limits.maxInFlight) {
        const [oldest] = inFlight.keys();
        if (oldest !== undefined) inFlight.delete(oldest);
        counters.inFlightDropped += 1;
      }
      inFlight.set(callKey(connection, stream), start);
    },
    ended(call, operation) {
      if (call.revision > 0) return recent.find(call.connection, call.stream) ?? null;
      const process = kubeletOf(call.caller, call.connection, call.endpoint);
      if (process === null) return null;
      process.inFlight.delete(callKey(call.connection, call.stream));
      const step = stepOf(call);
      const { start, end } = call;
      if (step === null || start === null || end === null || operation?.role === 'part') return null;
      const known = find(process, step, start, call.traceparent);
      if (known !== null) advance(known.progress, step);
      const progress = known?.progress ?? begin(step);
      if (progress === null) return null;
      const of = known ?? openRound(call, progress, start, end);
      addToRound(of, call, start, end, limits.maxTraceparents);
      if (known === null) open(process, of);
      if (isOver(progress)) close(process, of);
      else due(of);
      recent.add(call.connection, call.stream, of.round);
      return of.round;
    },
    tick(now, out) {
      if (over.length > 0) out.push(...over.splice(0));
      if (nextDue === null || now < nextDue) return;
      nextDue = null;
      for (const process of processes.values()) {
        for (const of of process.open) {
          if (of.end + limits.settle > now || isAwaited(process, of)) due(of);
          else close(process, of);
        }
      }
      if (over.length > 0) out.push(...over.splice(0));
    },
    finish(out) {
      for (const process of processes.values()) for (const of of process.open) close(process, of);
      out.push(...over.splice(0));
    },
  };
};
