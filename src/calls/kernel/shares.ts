import { earlier, later, type Nanos } from '../../foundation/time.ts';
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

/**
 * Cuts a time into shares. Where stretches overlap, the one that ends last has the moment: it is what was waited for.
 * So the shares and what nothing explains are always the whole.
 */
export const sharesOf = (from: Nanos, to: Nanos, stretches: readonly Stretch[]): Shares => {
  const inside = stretches
    .map((one) => ({ ...one, start: later(one.start, from), end: earlier(one.end, to) }))
    .filter(({ start, end }) => start < end)
    // The last to end first; of those that end together, the first to begin.
    .sort((a, b) => order(b.end, a.end) || order(a.start, b.start));
  const groups = new Map<string, Map<string, Nanos>>();
  let unexplainedNs = later(to, from) - from;
  /** All after this is given away. */
  let until = to;
  for (const { group, name, start, end } of inside) {
    const last = earlier(end, until);
    if (start >= last) continue;
    const ns = last - start;
    const of = groups.get(group) ?? new Map<string, Nanos>();
    groups.set(group, of);
    of.set(name, (of.get(name) ?? 0n) + ns);
    unexplainedNs -= ns;
    until = start;
  }
  const shares = [...groups].map(([name, of]) => {
    const parts = [...of].map(([part, ns]) => ({ name: part, ns })).sort(bySize);
    let ns = 0n;
    for (const part of parts) ns += part.ns;
    const isOneThing = parts.length === 1 && parts[0]?.name === name;
    return { name, ns, of: isOneThing ? [] : parts };
  });
  return { shares: shares.sort(bySize), unexplainedNs };
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
