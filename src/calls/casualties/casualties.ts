import type { Nanos } from '../../foundation/time.ts';
import type { KernelEvent, KernelTask } from '../../kernel/kernel-event.ts';
import { type Residence, type Resident, residenceOf } from '../census/residence.ts';
import type { Casualty, Frozen, OomKill } from './casualty.ts';
import { explainFrozen, explainOomKill } from './explain.ts';
import { type CasualtyCounters, type CasualtyLimits, defaultCasualtyLimits } from './limits.ts';

/** Who lives in a cgroup, by whichever socket's messages named it. */
export type LivesIn = (residence: Residence) => Resident | null;

/** Appends to `out`. Time is that of the input; `tick` says how far it is. */
export interface Casualties {
  event(event: KernelEvent, at: Nanos, out: Casualty[]): void;
  tick(now: Nanos, out: Casualty[]): void;
}

interface Standstill {
  readonly by: KernelTask | null;
  readonly since: Nanos;
  isTold: boolean;
}

export const createCasualties = (
  livesIn: LivesIn,
  counters: CasualtyCounters,
  limits: CasualtyLimits = defaultCasualtyLimits,
): Casualties => {
  /** By path, in the order in which they were frozen. */
  const frozen = new Map<string, Standstill>();

  const whose = (cgroup: string | null) => {
    const residence = residenceOf(cgroup);
    const resident = residence === null ? null : livesIn(residence);
    return {
      pod: resident?.pod ?? null,
      containerName: resident?.containerName ?? null,
      containerId: residence?.containerId ?? null,
    };
  };

  const oomKill = (process: KernelTask, cgroup: string | null, at: Nanos): OomKill => {
    const told = {
      kind: 'oom_kill',
      revision: 0,
      start: at,
      end: at,
      process,
      cgroup,
      ...whose(cgroup),
    } as const;
    return { ...told, explanation: explainOomKill(told) };
  };

  const standstill = (cgroup: string, { by, since }: Standstill, until: Nanos, ended: boolean): Frozen => {
    const told = {
      ...({
        kind: 'frozen',
        revision: ended ? 1 : 0,
        start: since,
        end: until,
        process: by,
        cgroup,
        ended,
      } as const),
      ...whose(cgroup),
    };
    return { ...told, explanation: explainFrozen(told) };
  };

  const tell = (casualty: Casualty, out: Casualty[]): void => {
    counters.told += 1;
    out.push(casualty);
  };

  const freeze = (path: string, by: KernelTask | null, at: Nanos): void => {
    if (frozen.has(path)) return;
    if (frozen.size >= limits.maxFrozen) counters.overFrozen += 1;
    else frozen.set(path, { by, since: at, isTold: false });
    counters.frozenNow = frozen.size;
  };

  const goOn = (path: string, at: Nanos, out: Casualty[]): void => {
    const found = frozen.get(path);
    if (found === undefined) return;
    frozen.delete(path);
    counters.frozenNow = frozen.size;
    if (found.isTold) tell(standstill(path, found, at, true), out);
  };

  return {
    event(event, at, out) {
      if (event.kind === 'oom_kill') tell(oomKill(event.process, event.cgroup, at), out);
      if (event.kind !== 'cgroup') return;
      if (event.action === 'freeze') freeze(event.path, event.process, at);
      else if (event.action === 'thaw' || event.action === 'remove') goOn(event.path, at, out);
    },
    tick(now, out) {
      for (const [path, one] of frozen) {
        if (now - one.since < limits.frozenNs) return;
        if (one.isTold) continue;
        one.isTold = true;
        tell(standstill(path, one, now, false), out);
      }
    },
  };
};
