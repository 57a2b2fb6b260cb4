import { cutTime } from '../../foundation/cut-time.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { KernelShare } from './story.ts';

/** A stretch of time that something explains. */
export interface Stretch {
  readonly group: string;
  /** What of the group it is; the same as the group where that is one thing. */
  readonly name: string;
  readonly start: Nanos;
  readonly end: Nanos;
}

export interface Shares {
  readonly shares: readonly KernelShare[];
  readonly unexplainedNs: Nanos;
}

const order = (a: Nanos | string, b: Nanos | string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Sized {
  readonly ns: Nanos;
  readonly name: string;
}

const bySize = (a: Sized, b: Sized): number => order(b.ns, a.ns) || order(a.name, b.name);

/** How much of a time each group had, and what of it; the stretches do not overlap. */
export const sumShares = (stretches: readonly Stretch[]): readonly KernelShare[] => {
  const groups = new Map<string, Map<string, Nanos>>();
  for (const { group, name, start, end } of stretches) {
    const of = groups.get(group) ?? new Map<string, Nanos>();
    groups.set(group, of);
    of.set(name, (of.get(name) ?? 0n) + end - start);
  }
  const shares = [...groups].map(([name, of]) => {
    const parts = [...of].map(([part, ns]) => ({ name: part, ns })).sort(bySize);
    let ns = 0n;
    for (const part of parts) ns += part.ns;
    const isOneThing = parts.length === 1 && parts[0]?.name === name;
    return { name, ns, of: isOneThing ? [] : parts };
  });
  return shares.sort(bySize);
};

/** Cuts a time into shares. They and what nothing explains are always the whole. */
export const sharesOf = (from: Nanos, to: Nanos, stretches: readonly Stretch[]): Shares => {
  const explained: Stretch[] = [];
  let unexplainedNs = 0n;
  for (const { of, start, end } of cutTime(from, to, stretches)) {
    if (of === null) unexplainedNs += end - start;
    else explained.push({ ...of, start, end });
  }
  return { shares: sumShares(explained), unexplainedNs };
};

/** Whole percents of the parts of a whole, in their order, that make 100: the largest remainders are rounded up. */
export const percentsOf = (parts: readonly Nanos[]): readonly number[] => {
  let whole = 0n;
  for (const part of parts) whole += part;
  if (whole === 0n) return parts.map(() => 0);
  const floors = parts.map((part) => Number((part * 100n) / whole));
  const remainders = parts.map((part, at) => ({ at, rest: (part * 100n) % whole }));
  remainders.sort((a, b) => (a.rest === b.rest ? a.at - b.at : a.rest > b.rest ? -1 : 1));
  let missing = 100 - floors.reduce((sum, floor) => sum + floor, 0);
  for (const { at } of remainders) {
    if (missing <= 0) break;
    floors[at] = (floors[at] ?? 0) + 1;
    missing -= 1;
  }
  return floors;
};
