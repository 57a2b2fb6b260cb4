import type { Nanos } from '../../foundation/time.ts';
import type { GrpcEvent } from '../../grpc/event.ts';
import type { Call } from '../call.ts';
import { createFallbacks } from '../fallbacks/fallbacks.ts';
import { createConvoys } from './convoys.ts';
import { createInFlight, type Snapshot } from './in-flight.ts';
import { defaultUnreturnedLimits, type UnreturnedCounters, type UnreturnedLimits } from './limits.ts';
import { createMessageLimits } from './message-limits.ts';
import { createRetryChains } from './retry-chains.ts';
import type { Symptom } from './symptom.ts';

/**
 * What the course of calls shows: those that do not return, are given up, tried again, held up by another, too large,
 * refused for good. Time is that of the input, and `tick` says how far it is: before each event, and, live, now and
 * then while nothing happens.
 */
export interface Symptoms {
  tick(now: Nanos, out: Symptom[]): void;
  /** A call ended, or its end was revised. Before `grpc` is given its `call_end`. */
  ended(call: Call, out: Symptom[]): void;
  grpc(connection: number, event: GrpcEvent, snapshot: Snapshot, now: Nanos): void;
  finish(out: Symptom[]): void;
}

export const createSymptoms = (
  counters: UnreturnedCounters,
  limits: UnreturnedLimits = defaultUnreturnedLimits,
): Symptoms => {
  const inFlight = createInFlight(counters, limits);
  const chains = createRetryChains(counters, limits);
  const convoys = createConvoys(inFlight, counters, limits);
  const messages = createMessageLimits(counters, limits);
  const fallbacks = createFallbacks();
  return {
    tick(now, out) {
      inFlight.tick(now, out);
      convoys.tick(now, out);
      chains.tick(now, out);
    },
    ended(call, out) {
      inFlight.ended(call, out);
      if (call.result.outcome === 'in_flight') return;
      messages.ended(call, inFlight.largestOf(call.connection, call.stream), out);
      chains.ended(call, out);
      convoys.ended(call);
      fallbacks.ended(call, out);
    },
    grpc: inFlight.grpc,
    finish: convoys.finish,
  };
};
