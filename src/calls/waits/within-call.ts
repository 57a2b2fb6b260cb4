import { cutTime } from '../../foundation/cut-time.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import { stretchesOf } from '../kernel/stretches.ts';
import type { Phase } from '../pods/operation.ts';
import { heldUpBy } from './behind.ts';
import type { WaitLimits } from './limits.ts';
import type { Timed } from './pull-queue.ts';
import type { Wait } from './wait.ts';

/** What is remembered of the calls about that time. */
export interface Evidence {
  readonly limits: WaitLimits;
  callOf(phase: Phase): Call | null;
  /** Ended calls of the endpoint that were under way in this time. */
  during(endpoint: string, from: Nanos, to: Nanos): readonly Timed[];
  /** The call that was first in a convoy of which this one was. */
  firstInConvoy(call: Call): Timed | null;
}

/** What a stretch of a call's time may have gone to. */
interface Claim {
  readonly start: Nanos;
  readonly end: Nanos;
  readonly wait: (start: Nanos, end: Nanos) => Wait;
}

/** The first layer that claims a moment has it. */
const cutByLayers = (
  from: Nanos,
  to: Nanos,
  [layer, ...below]: readonly (readonly Claim[])[],
  rest: Claim['wait'],
): readonly Wait[] =>
  layer === undefined
    ? [rest(from, to)]
    : cutTime(from, to, layer).flatMap(({ of, start, end }) =>
        of === null ? cutByLayers(start, end, below, rest) : [of.wait(start, end)],
      );

/** Each moment of a call, between these two. */
export const waitsInCall = (phase: Phase, from: Nanos, to: Nanos, evidence: Evidence): readonly Wait[] => {
  const call = evidence.callOf(phase);
  const rest: Claim['wait'] = (start, end) => ({ on: 'runtime', phase, call, start, end });
  if (call === null) return [rest(from, to)];

  const unread = (side: 'request' | 'response', start: Nanos | null, end: Nanos | null): Claim[] =>
    start === null || end === null
      ? []
      : [
          {
            start,
            end,
            wait: (at, until) => ({ on: 'socket', unread: side, phase, call, start: at, end: until }),
          },
        ];
  const sockets = [
    ...unread('request', call.requestSentAt, call.requestReadAt),
    ...unread('response', call.responseSentAt, call.end),
  ];

  const kernel = stretchesOf(call.kernel?.parts ?? [], call.result.outcome === 'finished').map(
    ({ group, name, start, end }): Claim => ({
      start,
      end,
      wait: (at, until) => ({ on: 'kernel', group, name, phase, call, start: at, end: until }),
    }),
  );

  const { start, end } = phase;
  const others = evidence.during(call.endpoint, start, end);
  const held = heldUpBy({ call, start, end }, others, evidence.limits).map(
    ({ why, behind, ...time }): Claim => ({
      ...time,
      wait: (at, until) => ({ on: why, behind, phase, call, start: at, end: until }),
    }),
  );
  const first = evidence.firstInConvoy(call);
  const convoy: Claim[] =
    first === null
      ? []
      : [
          {
            start,
            end: first.end,
            wait: (at, until) => ({ on: 'convoy', behind: first.call, phase, call, start: at, end: until }),
          },
        ];
  return cutByLayers(from, to, [sockets, kernel, held, convoy], rest);
};
