import { cutTime } from '../../foundation/cut-time.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import { processKey } from '../caller.ts';
import { breakdownText } from '../kernel/breakdown.ts';
import { sumShares } from '../kernel/shares.ts';
import type { Phase, PodOperation } from '../pods/operation.ts';
import { evidenceText } from './explain.ts';
import { queuedBehind, type Timed } from './pull-queue.ts';
import { behindText, shareOf } from './share-names.ts';
import type { Course, Wait } from './wait.ts';
import { type Evidence, waitsInCall } from './within-call.ts';

const isGap = ({ phase }: Phase): boolean => phase === 'client' || phase === 'init_container';

const processOf = ({ caller, connection }: Call): string => processKey(caller, connection);

/** The pulls of others that this one may have waited for: those of its client. */
const pullsOfOthers = (pull: Call, during: readonly Timed[]): readonly Timed[] =>
  during.filter(
    ({ call }) => call !== pull && call.rpc === 'PullImage' && processOf(call) === processOf(pull),
  );

/** No call of the operation was under way; `last` is the one that ended then. */
const waitsBetween = (
  operation: PodOperation,
  calls: readonly Phase[],
  { start, end }: { readonly start: Nanos; readonly end: Nanos },
  evidence: Evidence,
): readonly Wait[] => {
  const init = operation.phases.find((one) => one.phase === 'init_container' && one.start === start);
  if (init !== undefined) return [{ on: 'init_container', container: init.container ?? '?', start, end }];
  const last = calls.find((one) => one.end === start);
  const own = (from: Nanos, to: Nanos): Wait =>
    last !== undefined && last.status !== 'OK'
      ? { on: 'back_off', failed: last, start: from, end: to }
      : { on: 'client', start: from, end: to };
  const pull = calls.find((one) => one.phase === 'image_pull' && one.start === end);
  const call = pull === undefined ? null : evidence.callOf(pull);
  if (pull === undefined || call === null) return [own(start, end)];
  const others = pullsOfOthers(call, evidence.during(operation.endpoint, start, end));
  return cutTime(start, end, queuedBehind(start, end, others, evidence.limits)).map((piece) =>
    piece.of === null
      ? own(piece.start, piece.end)
      : {
          on: 'pull_queue',
          phase: pull,
          call,
          behind: piece.of.behind,
          atOnce: piece.of.atOnce,
          start: piece.start,
          end: piece.end,
        },
  );
};

/** Where the time of an operation went: every moment once. */
export const courseOf = (operation: PodOperation, evidence: Evidence): Course => {
  const calls = operation.phases.filter((phase) => !isGap(phase));
  const waits = cutTime(operation.start, operation.end, calls).flatMap((piece) =>
    piece.of === null
      ? waitsBetween(operation, calls, piece, evidence)
      : waitsInCall(piece.of, piece.start, piece.end, evidence),
  );
  const shares = sumShares(
    waits.map((wait) => ({ ...shareOf(wait, operation.byKubelet), start: wait.start, end: wait.end })),
  );
  const told = waits.map((wait) => ({
    ...wait,
    behindText: 'behind' in wait ? behindText(wait.behind) : null,
    evidence: evidenceText(wait),
  }));
  return { waits: told, shares, breakdown: breakdownText(shares, 0n) };
};
