import type { Nanos } from '../../foundation/time.ts';
import type { KernelActivity, SyncActivity } from './activities.ts';
import { breakdownText } from './breakdown.ts';
import type { KernelCounters, KernelLimits } from './limits.ts';
import { type OwnedUnit, type PartSources, partsOf, type Window } from './parts.ts';
import { schedulingOf } from './scheduling.ts';
import { sharesOf } from './shares.ts';
import type { BlockTotals, KernelMark, KernelPart, KernelStory } from './story.ts';
import { stretchesOf } from './stretches.ts';

/** All that was joined to one call. */
export interface Joined extends PartSources {
  readonly sharedSyncs: readonly SyncActivity[];
  readonly others: readonly KernelActivity[];
  readonly marks: readonly KernelMark[];
  readonly ambiguous: number;
  readonly lostRecords: number;
}

const blockTotals = (activities: readonly KernelActivity[]): BlockTotals => {
  let requests = 0;
  let bytes = 0n;
  let durationNs = 0n;
  for (const { event } of activities) {
    if (event.kind !== 'block_io') continue;
    requests += event.requests;
    bytes += event.bytes;
    durationNs += event.durationNs;
  }
  return { requests, bytes, durationNs };
};

const syncTotals = (activities: readonly KernelActivity[]): KernelStory['syncs'] => {
  let count = 0;
  let durationNs = 0n;
  let slowest: KernelStory['syncs']['slowest'] = null;
  for (const { event, at } of activities) {
    if (event.kind !== 'file_sync') continue;
    const ns = at - event.start;
    count += 1;
    durationNs += ns;
    if (slowest === null || ns > slowest.ns) slowest = { operation: event.operation, file: event.file, ns };
  }
  return { count, durationNs, slowest };
};

const unitTotals = (units: readonly OwnedUnit[]): { readonly executions: number; readonly cpuNs: Nanos } => {
  let executions = 0;
  let cpuNs = 0n;
  for (const { unit } of units) {
    executions += unit.executions;
    cpuNs += unit.cpuNs;
  }
  return { executions, cpuNs };
};

const lengthOf = (part: KernelPart | undefined): Nanos => (part === undefined ? 0n : part.end - part.start);

/** The longest are kept, in their order; a part whose parent is not goes to the one above it. */
const bounded = (
  parts: readonly KernelPart[],
  { maxParts, minSyncPart }: KernelLimits,
): readonly KernelPart[] => {
  const worthTelling = (part: KernelPart): boolean =>
    part.what.kind !== 'sync' || lengthOf(part) >= minSyncPart;
  const longest = [...parts.entries()]
    .filter(([, part]) => worthTelling(part))
    .sort(([, a], [, b]) => Number(lengthOf(b) - lengthOf(a)));
  const kept = longest.slice(0, maxParts).sort(([a], [b]) => a - b);
  const newIndex = new Map(kept.map(([old], at) => [old, at]));
  const parentOf = (old: number | null): number | null => {
    for (let above = old; above !== null; above = parts[above]?.parent ?? null) {
      const at = newIndex.get(above);
      if (at !== undefined) return at;
    }
    return null;
  };
  return kept.map(([, part]) => ({ ...part, parent: parentOf(part.parent) }));
};

/** What was joined to a call, as it is told. */
export const tellStory = (
  joined: Joined,
  window: Window,
  limits: KernelLimits,
  counters: KernelCounters,
): KernelStory => {
  const all = partsOf(joined, window);
  const parts = bounded(all, limits);
  counters.partsDropped += all.length - parts.length;
  const syncsOfOthers = syncTotals(joined.sharedSyncs);
  const { shares, unexplainedNs } = sharesOf(window.from, window.to, stretchesOf(all, window.isOver));
  return {
    from: window.from,
    to: window.to,
    parts,
    partsDropped: all.length - parts.length,
    shares,
    unexplainedNs,
    breakdown: breakdownText(shares, unexplainedNs),
    ...unitTotals(joined.units),
    syncs: syncTotals(joined.activities),
    sharedSyncs: { count: syncsOfOthers.count, durationNs: syncsOfOthers.durationNs },
    block: blockTotals(joined.activities),
    blockOfOthers: blockTotals(joined.others),
    scheduling: schedulingOf(joined.activities),
    marks: joined.marks.slice(0, limits.maxMarks),
    marksDropped: Math.max(0, joined.marks.length - limits.maxMarks),
    ambiguous: joined.ambiguous,
    lostRecords: joined.lostRecords,
  };
};
