import type { Caller } from '../caller.ts';
import type { CriService, Verdict } from './verdict.ts';

interface Standing {
  readonly process: string;
  readonly verdict: Verdict;
  readonly count: number;
  /** Where the process before this one stood. */
  readonly before: { readonly verdict: Verdict; readonly count: number } | null;
}

/** What processes of the same kind ended with, one after the other: a kubelet that restarts has another pid. */
export interface Predecessors {
  record(
    process: string,
    of: { readonly endpoint: string; readonly service: CriService; readonly caller: Caller },
    verdict: Verdict,
  ): { readonly previous: Verdict | null; readonly count: number };
}

/** A binary may be named after its version, which differs between the processes of an upgrade. */
const program = (comm: string | null): string => (comm ?? '').replace(/[-_]v?\d.*$/, '');

export const createPredecessors = (maxKinds: number): Predecessors => {
  const standings = new Map<string, Standing>();
  return {
    record(process, { endpoint, service, caller }, verdict) {
      const kind = `${service} ${endpoint} ${caller.uid} ${program(caller.comm)}`;
      const last = standings.get(kind) ?? null;
      const before = last === null ? null : last.process === process ? last.before : last;
      const count = before?.verdict === verdict ? before.count + 1 : 1;
      standings.delete(kind);
      if (standings.size >= maxKinds) {
        const oldest = standings.keys().next();
        if (!oldest.done) standings.delete(oldest.value);
      }
      standings.set(kind, {
        process,
        verdict,
        count,
        before: before === null ? null : { verdict: before.verdict, count: before.count },
      });
      return { previous: before?.verdict ?? null, count };
    },
  };
};
