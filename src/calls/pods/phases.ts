import type { Nanos } from '../../foundation/time.ts';
import type { Phase } from './operation.ts';

const byStart = (one: Phase, other: Phase): number =>
  one.start < other.start
    ? -1
    : one.start > other.start
      ? 1
      : one.end < other.end
        ? -1
        : one.end > other.end
          ? 1
          : 0;

/**
 * Calls in the order in which they began, with the time between them in which none was under way. `exits` says when
 * a container was seen to have ended: time after its start is its own, if the next call came after that.
 */
export const withGaps = (
  calls: readonly Phase[],
  exits: ReadonlyMap<string, Nanos>,
  minGap: Nanos,
): readonly Phase[] => {
  const phases: Phase[] = [];
  let last: Phase | null = null;
  for (const call of [...calls].sort(byStart)) {
    if (last !== null && call.start - last.end >= minGap) {
      const exit = last.phase === 'start' && last.container !== null ? exits.get(last.container) : undefined;
      const isInit = exit !== undefined && exit <= call.start;
      phases.push({
        phase: isInit ? 'init_container' : 'client',
        container: isInit ? last.container : null,
        image: null,
        start: last.end,
        end: call.start,
        status: null,
        connection: null,
        stream: null,
      });
    }
    phases.push(call);
    if (last === null || call.end > last.end) last = call;
  }
  return phases;
};
