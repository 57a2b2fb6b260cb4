import type { Nanos } from '../../foundation/time.ts';
import type { KernelCounters, KernelLimits } from './limits.ts';

/** Cgroups that were frozen and are, and events that were lost. */
export interface Mishaps {
  cgroup(action: string, path: string, at: Nanos): void;
  lost(records: number, at: Nanos): void;
  frozen(): Iterable<{ readonly path: string; readonly at: Nanos }>;
  lostBetween(from: Nanos, to: Nanos): number;
  forgetBefore(at: Nanos): void;
}

export const createMishaps = (counters: KernelCounters, limits: KernelLimits): Mishaps => {
  const frozen = new Map<string, { readonly path: string; readonly at: Nanos }>();
  let losses: { readonly at: Nanos; records: number }[] = [];

  return {
    cgroup(action, path, at) {
      if (action === 'thaw' || action === 'remove') frozen.delete(path);
      if (action !== 'freeze') return;
      if (frozen.size >= limits.maxFrozen) counters.activitiesDropped += 1;
      else frozen.set(path, { path, at });
    },
    lost(records, at) {
      counters.lost += records;
      const last = losses.at(-1);
      // Of many the times run together; the number stays.
      if (last !== undefined && losses.length >= limits.maxFrozen) last.records += records;
      else losses.push({ at, records });
    },
    frozen: () => frozen.values(),
    lostBetween(from, to) {
      let records = 0;
      for (const loss of losses) if (loss.at >= from && loss.at <= to) records += loss.records;
      return records;
    },
    forgetBefore(at) {
      losses = losses.filter((loss) => loss.at >= at);
    },
  };
};
