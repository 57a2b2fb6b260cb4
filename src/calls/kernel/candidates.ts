import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import { type FollowedCall, isWorkingCall, type OpenCalls } from './open-calls.ts';
import type { Candidate } from './owner.ts';

/** The calls that may have caused what happened at a moment; each call is looked at once for all moments. */
export interface Candidates {
  at(moment: Nanos): readonly Candidate[];
}

const candidateOf = (key: string, { rpc, facts, server }: Call): Candidate | null =>
  // What is named by inference, or not at all, may be any call.
  rpc !== null && !isWorkingCall(rpc)
    ? null
    : {
        key,
        rpc,
        sandboxId: facts.sandboxId,
        containerId: facts.containerId,
        pod: facts.pod,
        serverPid: server.pid,
      };

export const createCandidates = (calls: OpenCalls): Candidates => {
  const known = new Map<string, Candidate | null>();
  const candidate = ({ key, known: knows }: FollowedCall): Candidate | null => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const call = knows();
    const made = call === null ? null : candidateOf(key, call);
    known.set(key, made);
    return made;
  };
  return { at: (moment) => calls.at(moment).flatMap((call) => candidate(call) ?? []) };
};
