import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import { changingCalls } from '../changing-calls.ts';
import type { WaitLimits } from './limits.ts';
import type { Timed } from './pull-queue.ts';
import type { Behind } from './wait.ts';

/** A stretch of a call in which another was under way that it, so it seems, waited for. */
export interface HeldUp {
  readonly why: Behind;
  readonly start: Nanos;
  readonly end: Nanos;
  readonly behind: Call;
}

/** They change what they name, and runtimes let one do so at a time. Commands in a container keep nobody waiting. */
const changing: ReadonlySet<string> = new Set([...changingCalls, 'CheckpointPod']);

export const isChanging = (rpc: string): boolean => changing.has(rpc);

const sameThing = (call: Call, other: Call): Behind | null => {
  const { containerId, sandboxId, image } = call.facts;
  if (call.rpc === 'PullImage') {
    return other.rpc === 'PullImage' && image !== null && image === other.facts.image ? 'same_image' : null;
  }
  if (!isChanging(other.rpc ?? '')) return null;
  if (containerId !== null && containerId === other.facts.containerId) return 'same_container';
  // Containers of one pod are stopped side by side.
  const isOfSandbox = call.rpc?.includes('Sandbox') === true || other.rpc?.includes('Sandbox') === true;
  return isOfSandbox && sandboxId !== null && sandboxId === other.facts.sandboxId ? 'same_sandbox' : null;
};

/**
 * The call on the same thing that was there first, and whose end this one seems to have waited for: they ended
 * together, after most of this one's time.
 */
export const heldUpBy = (
  { call, start, end }: Timed,
  others: readonly Timed[],
  limits: WaitLimits,
): readonly HeldUp[] =>
  others.flatMap((other): HeldUp[] => {
    const isFirst = other.start < start && other.end > start && other.call.result.outcome === 'finished';
    if (!isFirst || other.call === call) return [];
    const endedAfter = end - other.end;
    const isTogether =
      endedAfter >= -limits.togetherSlack &&
      endedAfter <= limits.togetherWithin &&
      endedAfter <= other.end - start;
    if (!isTogether || other.end - start < limits.minWait) return [];
    const why = sameThing(call, other.call);
    return why === null ? [] : [{ why, start, end: other.end, behind: other.call }];
  });
