import { later, type Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import type { WaitLimits } from './limits.ts';

/** An ended call with its times. */
export interface Timed {
  readonly call: Call;
  readonly start: Nanos;
  readonly end: Nanos;
}

/** A stretch in which a pull waited for its turn. */
export interface Queued {
  readonly start: Nanos;
  readonly end: Nanos;
  readonly behind: Call;
  /** So many pulls the client had under way at once, all that time: as many as it allows, it seems. */
  readonly atOnce: number;
}

const inFlightAt = (pulls: readonly Timed[], at: Nanos): number =>
  pulls.filter(({ start, end }) => start <= at && at < end).length;

/**
 * Since when as many pulls were under way as at the end; shorter moments with fewer are those in which the next one is
 * begun. Null: there were more at some time, so that this many are no limit.
 */
const fullSince = (
  pulls: readonly Timed[],
  atOnce: number,
  from: Nanos,
  to: Nanos,
  { queueSlack }: WaitLimits,
): Nanos | null => {
  const moments = [from, ...pulls.flatMap(({ start, end }) => [start, end])]
    .filter((at) => at >= from && at < to)
    .sort((a, b) => (a < b ? 1 : -1));
  let since = to;
  let slackUntil: Nanos | null = to;
  for (const at of moments) {
    const count = inFlightAt(pulls, at);
    if (count > atOnce) return null;
    if (count === atOnce) {
      since = at;
      slackUntil = null;
      continue;
    }
    slackUntil ??= since;
    if (slackUntil - at > queueSlack) break;
  }
  return since;
};

/**
 * In which part of the time before a pull its client waited for pulls of others: where it began as soon as one of them
 * ended, and until then always as many were under way.
 */
export const queuedBehind = (
  from: Nanos,
  to: Nanos,
  pulls: readonly Timed[],
  limits: WaitLimits,
): readonly Queued[] => {
  const near = pulls.filter(({ start, end }) => start < to && end > from);
  const ended = near.filter(({ end }) => end <= to).sort((a, b) => (a.end < b.end ? -1 : 1));
  const last = ended.at(-1);
  if (last === undefined || to - last.end > limits.queueSlack) return [];
  const atOnce = inFlightAt(near, last.end - 1n);
  const since = fullSince(near, atOnce, from, last.end, limits);
  if (since === null || to - since < limits.minWait || inFlightAt(near, to) >= atOnce) return [];
  // One after the other: each has the time until the next began. Of several at once the one whose turn it took has all.
  if (atOnce > 1) return [{ start: since, end: to, behind: last.call, atOnce }];
  const turns = ended.filter(({ end }) => end > since);
  return turns.map(({ call, start }, at) => ({
    start: later(start, since),
    end: turns[at + 1]?.start ?? to,
    behind: call,
    atOnce,
  }));
};
