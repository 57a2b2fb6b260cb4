import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import { type CallKey, callKey } from '../call-key.ts';
import { remember } from '../pods/remember.ts';
import type { Timed } from './pull-queue.ts';

/** Ended calls of late: by name, and by when they were under way. */
export interface ToldCalls {
  /** It ended, or is told anew; `now` never goes back. */
  add(call: Call, now: Nanos): void;
  find(connection: number, stream: number): Call | null;
  /** Those of the endpoint that were under way in this time, in the order in which they were told. */
  during(endpoint: string, from: Nanos, to: Nanos): readonly Timed[];
}

export const createToldCalls = (maxCalls: number): ToldCalls => {
  const calls = new Map<CallKey, Call>();
  /** A ring. Of a call that was told anew it has what was told before as well. */
  const told: { readonly call: Call; readonly at: Nanos }[] = [];
  let next = 0;

  return {
    add(call, now) {
      remember(calls, callKey(call.connection, call.stream), call, maxCalls);
      told[next] = { call, at: now };
      next = (next + 1) % maxCalls;
    },
    find: (connection, stream) => calls.get(callKey(connection, stream)) ?? null,
    during(endpoint, from, to) {
      const found: Timed[] = [];
      for (let age = 1; age <= told.length; age++) {
        const one = told[(next - age + maxCalls) % maxCalls];
        // Nothing is told before it ends: all that was told earlier had ended.
        if (one === undefined || one.at <= from) break;
        const { call } = one;
        const { start, end } = call;
        if (call.endpoint !== endpoint || start === null || end === null || start >= to || end <= from)
          continue;
        if (calls.get(callKey(call.connection, call.stream)) === call) found.push({ call, start, end });
      }
      return found.reverse();
    },
  };
};
