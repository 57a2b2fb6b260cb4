import { type Nanos, nanosPerSecond } from '../../foundation/time.ts';

export interface CasualtyLimits {
  /** Cgroups that are frozen at once; what comes beyond is counted and not followed. */
  readonly maxFrozen: number;
  /** A cgroup that is frozen for less is none: a checkpoint, or the removal of a container, freezes for a moment. */
  readonly frozenNs: Nanos;
}

export const defaultCasualtyLimits: CasualtyLimits = { maxFrozen: 256, frozenNs: 10n * nanosPerSecond };

export interface CasualtyCounters {
  told: number;
  frozenNow: number;
  overFrozen: number;
}

export const createCasualtyCounters = (): CasualtyCounters => ({ told: 0, frozenNow: 0, overFrozen: 0 });
