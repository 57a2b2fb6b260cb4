import { type Caller, isNobody, programOf } from '../caller.ts';
import type { CriService, Verdict } from './verdict.ts';

/** Names a process's negotiation: its last one that was told. */
export interface NegotiationRef {
  readonly pid: number | null;
  readonly pidStart: bigint | null;
  readonly connection: number;
  readonly revision: number;
}

/** Processes in a row that all gave up: a kubelet that its service manager starts again and again. */
export interface CrashLoop {
  readonly first: NegotiationRef;
  /** Which one of them this is; 2 for the first that follows another. */
  readonly count: number;
  /** The second, fourth, eighth, ...: a long loop is one story, not thousands. */
  readonly isTold: boolean;
}

interface Row {
  readonly verdict: Verdict;
  readonly count: number;
  readonly first: NegotiationRef;
  readonly last: NegotiationRef;
}

interface Standing extends Row {
  readonly process: string;
  /** Where the process before this one stood. */
  readonly before: Row | null;
}

interface Kind {
  readonly endpoint: string;
  readonly service: CriService;
  readonly caller: Caller;
}

/** What processes of the same kind ended with, one after the other: a kubelet that restarts has another pid. */
export interface Predecessors {
  record(
    process: string,
    of: Kind,
    verdict: Verdict,
    ref: NegotiationRef,
  ): {
    readonly previous: Verdict | null;
    readonly count: number;
    readonly predecessor: NegotiationRef | null;
  };
  /** The row of processes that gave up which this one goes on with, if it does; null: the one before fared better. */
  loopOf(process: string, of: Kind): CrashLoop | null;
}

/** Of a caller without a name the user agent is all that tells it from others. */
const kindOf = ({ endpoint, service, caller }: Kind): string =>
  `${service} ${endpoint} ${caller.uid} ${isNobody(caller) ? `\n${caller.userAgent}` : programOf(caller.comm)}`;

export const createPredecessors = (maxKinds: number): Predecessors => {
  const standings = new Map<string, Standing>();

  const beforeOf = (process: string, kind: string): Row | null => {
    const last = standings.get(kind) ?? null;
    return last === null ? null : last.process === process ? last.before : last;
  };

  return {
    record(process, of, verdict, ref) {
      const kind = kindOf(of);
      const before = beforeOf(process, kind);
      const isSame = before?.verdict === verdict;
      const count = isSame ? before.count + 1 : 1;
      standings.delete(kind);
      if (standings.size >= maxKinds) {
        const oldest = standings.keys().next();
        if (!oldest.done) standings.delete(oldest.value);
      }
      standings.set(kind, {
        process,
        verdict,
        count,
        first: isSame ? before.first : ref,
        last: ref,
        before:
          before === null
            ? null
            : { verdict: before.verdict, count: before.count, first: before.first, last: before.last },
      });
      return { previous: before?.verdict ?? null, count, predecessor: before?.last ?? null };
    },
    loopOf(process, of) {
      const before = beforeOf(process, kindOf(of));
      if (before?.verdict !== 'gave_up') return null;
      const count = before.count + 1;
      return { first: before.first, count, isTold: (count & (count - 1)) === 0 };
    },
  };
};
