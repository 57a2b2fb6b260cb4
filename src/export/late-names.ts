import type { Call } from '../calls/call.ts';
import { type Nanos, nanosPerSecond } from '../foundation/time.ts';
import type { Exported } from './sink.ts';

export interface LateNameLimits {
  /** After its end a call is held no longer: by then rounds of all kinds have gone by. */
  readonly holdNs: Nanos;
  readonly maxCalls: number;
}

export const defaultLateNameLimits: LateNameLimits = { holdNs: 15n * nanosPerSecond, maxCalls: 2048 };

export interface LateNameCounters {
  heldNow: number;
  /** Handed on with what was learnt meanwhile. */
  improved: number;
  /** Handed on as they were told first. */
  unimproved: number;
}

export const createLateNameCounters = (): LateNameCounters => ({ heldNow: 0, improved: 0, unimproved: 0 });

interface Held {
  readonly exported: Exported;
  readonly end: Nanos;
}

const keyOf = ({ connection, stream }: Call): string => `${connection}/${stream}`;

/** A container that was made before: whether this is a start or a restart the next list tells. */
const awaitsList = ({ rpc, facts, operation }: Call): boolean =>
  (rpc === 'CreateContainer' || rpc === 'StartContainer') &&
  operation === null &&
  facts.pod?.attempt != null &&
  (facts.containerAttempt ?? 0) > 0;

/** Something that the next rounds of its client may tell is not known yet. */
const isIncomplete = (call: Call): boolean => {
  const { methodSource, method, facts, result } = call;
  if (result.outcome === 'in_flight') return false;
  if (awaitsList(call)) return true;
  if (methodSource === 'read') return false;
  const namesAnyone = facts.sandboxId !== null || facts.containerId !== null;
  return method === null || (namesAnyone && facts.pod === null);
};

/**
 * Spans cannot be taken back, and on a connection that was joined a call is understood some seconds after it ended.
 * Until then it is held, and goes on as it is told last, as if it had been told so at first. All else passes at once.
 */
export async function* withLateNames(
  batches: AsyncIterable<readonly Exported[]>,
  counters: LateNameCounters,
  limits: LateNameLimits = defaultLateNameLimits,
): AsyncGenerator<readonly Exported[]> {
  /** Oldest first. */
  const held = new Map<string, Held>();
  let now: Nanos = 0n;

  const release = (key: string, exported: Exported, out: Exported[]): void => {
    held.delete(key);
    const { finding, spans } = exported;
    if (finding.kind !== 'call') return;
    if (finding.call.revision > 0) counters.improved += 1;
    else counters.unimproved += 1;
    out.push({ finding: { kind: 'call', call: { ...finding.call, revision: 0 } }, spans });
  };

  const take = (exported: Exported, out: Exported[]): void => {
    const { finding } = exported;
    if (finding.kind !== 'call') {
      out.push(exported);
      return;
    }
    const { call } = finding;
    if (call.end !== null && call.end > now) now = call.end;
    const key = keyOf(call);
    const before = held.get(key);
    if (before === undefined) {
      if (call.revision === 0 && call.end !== null && isIncomplete(call))
        held.set(key, { exported, end: call.end });
      else out.push(exported);
    } else if (isIncomplete(call)) held.set(key, { exported, end: before.end });
    else release(key, exported, out);
  };

  const releaseOld = (out: Exported[]): void => {
    for (const [key, { exported, end }] of held) {
      if (end + limits.holdNs > now && held.size <= limits.maxCalls) break;
      release(key, exported, out);
    }
  };

  for await (const batch of batches) {
    const out: Exported[] = [];
    for (const exported of batch) take(exported, out);
    releaseOld(out);
    counters.heldNow = held.size;
    if (out.length > 0) yield out;
  }
  const rest: Exported[] = [];
  for (const [key, { exported }] of held) release(key, exported, rest);
  counters.heldNow = 0;
  if (rest.length > 0) yield rest;
}
