import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import { type CallKey, callKey } from '../call-key.ts';
import type { Finding } from '../finding.ts';
import type { PodOperation } from '../pods/operation.ts';
import { remember } from '../pods/remember.ts';
import type { Convoy } from '../unreturned/symptom.ts';
import { asEvidence } from '../unreturned/symptom.ts';
import { isChanging } from './behind.ts';
import { courseOf } from './course.ts';
import { defaultWaitLimits, type WaitCounters, type WaitLimits } from './limits.ts';
import type { Timed } from './pull-queue.ts';
import { createToldCalls } from './told-calls.ts';
import type { Evidence } from './within-call.ts';

/**
 * Who waited for whom: operations are held back until all that their time went to must have been told, and are
 * completed with it. All other findings pass.
 */
export interface Waits {
  /** So late it is: operations that are due. To be asked before what happens at that time. */
  due(now: Nanos): readonly Finding[];
  gate(found: readonly Finding[], now: Nanos): readonly Finding[];
  /** The input ended: nothing is waited for. */
  finish(): readonly Finding[];
}

interface Held {
  readonly operation: PodOperation;
  readonly due: Nanos;
}

const none: readonly never[] = [];

export const createWaits = (counters: WaitCounters, limits: WaitLimits = defaultWaitLimits): Waits => {
  const calls = createToldCalls(limits.maxCalls);
  /** By a call that was held up in a convoy: the first of it. */
  const convoys = new Map<CallKey, Timed>();
  const held: Held[] = [];

  const keyOf = ({ connection, stream }: Pick<Call, 'connection' | 'stream'>): CallKey =>
    callKey(connection, stream);

  const evidence: Evidence = {
    limits,
    callOf: ({ connection, stream }) =>
      connection === null || stream === null ? null : calls.find(connection, stream),
    during: calls.during,
    firstInConvoy: (call) => convoys.get(keyOf(call)) ?? null,
  };

  const learn = (call: Call, now: Nanos): void => {
    // Probes are most of a node's calls: they keep nobody waiting, and are no part of anything.
    const isWanted =
      call.operation?.role === 'part' || call.rpc === 'PullImage' || isChanging(call.rpc ?? '');
    if (call.end === null || !isWanted) return;
    calls.add(asEvidence(call), now);
  };

  const learnConvoy = ({ calls: [first, ...followers] }: Convoy): void => {
    const { start, end } = first;
    if (start === null || end === null) return;
    for (const follower of followers)
      remember(convoys, keyOf(follower), { call: first, start, end }, limits.maxCalls);
  };

  const complete = (operation: PodOperation): Finding => {
    counters.told += 1;
    return { kind: 'operation', operation: { ...operation, course: courseOf(operation, evidence) } };
  };

  const release = (count: number): readonly Finding[] => {
    const found = held.splice(0, count).map(({ operation }) => complete(operation));
    counters.heldNow = held.length;
    return found;
  };

  const hold = (operation: PodOperation, now: Nanos): readonly Finding[] => {
    const due = operation.end + limits.settle;
    if (held.length === 0 && due < now) return [complete(operation)];
    held.push({ operation, due });
    counters.heldNow = held.length;
    if (held.length <= limits.maxHeld) return none;
    counters.heldDropped += 1;
    return release(1);
  };

  return {
    due(now) {
      if (held.length === 0) return none;
      // In the order in which they were told; one that is not due keeps those behind it.
      const kept = held.findIndex(({ due }) => due >= now);
      return kept === 0 ? none : release(kept < 0 ? held.length : kept);
    },
    gate(found, now) {
      if (found.length === 0) return found;
      let isSame = true;
      for (const finding of found) {
        if (finding.kind === 'call') learn(finding.call, now);
        else if (finding.kind === 'operation') isSame = false;
        else if (finding.kind === 'symptom' && finding.symptom.kind === 'convoy')
          learnConvoy(finding.symptom);
      }
      return isSame
        ? found
        : found.flatMap((finding) =>
            finding.kind === 'operation' ? hold(finding.operation, now) : [finding],
          );
    },
    finish: () => release(held.length),
  };
};
