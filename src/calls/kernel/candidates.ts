import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import { isWorkingCall, type OpenCalls } from './open-calls.ts';
import type { Candidate } from './owner.ts';

/** The calls that may have caused what happened at a moment; each call is looked at once for all moments. */
export interface Candidates {
  at(moment: Nanos): readonly Candidate[];
}

const exitCodeOf = ({ values }: Call['facts']): number | null => {
  const code = values['exec.exit_code'];
  return typeof code === 'number' ? code : null;
};

const candidateOf = (key: string, { rpc, facts, server, end }: Call): Candidate | null =>
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
        command:
          rpc === 'ExecSync' || rpc === 'Exec'
            ? { digest: facts.commandDigest, endedAt: end, exitCode: exitCodeOf(facts) }
            : null,
      };

export const createCandidates = (calls: OpenCalls): Candidates => {
  const followed = calls.all().map((call) => {
    let made: Candidate | null | undefined;
    return {
      call,
      candidate(): Candidate | null {
        if (made !== undefined) return made;
        const known = call.known();
        made = known === null ? null : candidateOf(call.key, known);
        return made;
      },
    };
  });
  return {
    at(moment) {
      const found: Candidate[] = [];
      for (const { call, candidate } of followed) {
        if (call.startedAt > moment || (call.endedAt !== null && moment > call.endedAt)) continue;
        const one = candidate();
        if (one !== null) found.push(one);
      }
      return found;
    },
  };
};
