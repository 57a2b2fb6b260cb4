import type { KernelActivity } from './activities.ts';
import type { ProcessNode } from './process-tree.ts';
import type { SchedulingTotals } from './story.ts';

const plus = (
  sum: SchedulingTotals | null,
  { runQueueNs, blockedNs }: SchedulingTotals,
): SchedulingTotals => ({
  runQueueNs: (sum?.runQueueNs ?? 0n) + runQueueNs,
  blockedNs: (sum?.blockedNs ?? 0n) + blockedNs,
});

/** Of all of them together; null: nothing was told. */
export const schedulingOf = (activities: readonly KernelActivity[]): SchedulingTotals | null => {
  let sum: SchedulingTotals | null = null;
  for (const { event } of activities) if (event.kind === 'scheduling') sum = plus(sum, event);
  return sum;
};

/** Of each process. */
export const schedulingByProcess = (
  activities: readonly KernelActivity[],
): ReadonlyMap<ProcessNode, SchedulingTotals> => {
  const sums = new Map<ProcessNode, SchedulingTotals>();
  for (const { event, of } of activities)
    if (event.kind === 'scheduling' && of !== null) sums.set(of, plus(sums.get(of) ?? null, event));
  return sums;
};
