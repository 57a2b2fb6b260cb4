import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import type { InFlight } from './in-flight.ts';
import type { UnreturnedCounters, UnreturnedLimits } from './limits.ts';
import { isEndless } from './patience.ts';
import { asEvidence, type Convoy, type Follower, type Symptom, secondsText } from './symptom.ts';

interface Span {
  readonly start: Nanos;
  readonly end: Nanos;
}

interface Waiter extends Span {
  readonly call: Call;
}

interface Endpoint {
  /** Ended calls, the last ones. */
  readonly recent: Span[];
  /** Calls that waited and ended within one window; the first of them opened it. */
  burst: Waiter[];
  closesAt: Nanos;
}

/** Finds calls that ended together because, it seems, one held up the others. */
export interface Convoys {
  ended(call: Call): void;
  tick(now: Nanos, out: Symptom[]): void;
  /** The input is over: windows that are open close. */
  finish(out: Symptom[]): void;
}

const explain = (
  leader: Call,
  leaderNs: Nanos,
  count: number,
  found: Omit<Convoy, 'explanation'>,
): string => {
  const methods = [...new Set(found.followers.map(({ rpc }) => rpc ?? '?'))].join(', ');
  const against =
    found.passed + found.stillWaiting === 0
      ? 'no other call was answered meanwhile'
      : `${found.passed} calls were answered meanwhile, ${found.stillWaiting} still wait`;
  return `${count} calls (${methods}) that began after ${leader.rpc ?? '?'} ended within ${Number(found.withinNs) / 1e6} ms of its end, after it had taken ${secondsText(leaderNs)}; ${against}. It was the first, which suggests and does not prove that it held them up: a runtime that stood still as a whole looks alike.`;
};

export const createConvoys = (
  inFlight: Pick<InFlight, 'startedBetween'>,
  counters: UnreturnedCounters,
  limits: UnreturnedLimits,
): Convoys => {
  const endpoints = new Map<string, Endpoint>();
  /** No window closes before. */
  let nextClose: Nanos | null = null;

  const endpointOf = (path: string): Endpoint => {
    const known = endpoints.get(path);
    if (known !== undefined) return known;
    if (endpoints.size >= limits.maxEndpoints) {
      const [oldest] = endpoints.keys();
      if (oldest !== undefined) endpoints.delete(oldest);
      counters.endpointsForgotten += 1;
    }
    const endpoint: Endpoint = { recent: [], burst: [], closesAt: 0n };
    endpoints.set(path, endpoint);
    return endpoint;
  };

  const followersOf = (leader: Waiter, burst: readonly Waiter[]): readonly Waiter[] =>
    burst.filter(
      (one) =>
        one.call.rpc !== leader.call.rpc &&
        one.start > leader.start &&
        one.start < leader.end &&
        one.end >= leader.end - limits.convoySlackNs,
    );

  const close = (path: string, endpoint: Endpoint, out: Symptom[]): void => {
    const { burst } = endpoint;
    endpoint.burst = [];
    if (burst.length <= limits.minFollowers) return;
    // Of calls that ended together the one that began first is the only one that can have held up the others.
    const leader = burst.reduce((first, one) => (one.start < first.start ? one : first));
    if (leader.end - leader.start < limits.convoyLeaderNs) return;
    const followers = followersOf(leader, burst);
    if (followers.length < limits.minFollowers) return;
    let waitedSince = leader.end;
    let last = leader.end;
    for (const { start, end } of followers) {
      if (start < waitedSince) waitedSince = start;
      if (end > last) last = end;
    }
    const stillWaiting = inFlight.startedBetween(path, leader.start, leader.end - limits.convoyWaitNs);
    // More were left waiting than were released: whatever the first one held, it was not this.
    if (stillWaiting > followers.length) return;
    const passed = endpoint.recent.filter(
      ({ start, end }) => start >= waitedSince && end < leader.end - limits.convoySlackNs,
    ).length;
    counters.convoys += 1;
    const told = followers.slice(0, limits.maxFollowers);
    const found: Omit<Convoy, 'explanation'> = {
      kind: 'convoy',
      revision: 0,
      endpoint: path,
      caller: leader.call.caller,
      start: leader.start,
      end: last,
      calls: [leader.call, ...told.map(({ call }) => call)],
      rpc: leader.call.rpc,
      followers: told.map(
        ({ call, start, end }): Follower => ({
          rpc: call.rpc,
          waitedNs: end - start,
          endedAfterNs: end - leader.end,
        }),
      ),
      count: followers.length,
      withinNs: limits.convoyWithinNs,
      passed,
      stillWaiting,
    };
    out.push({
      ...found,
      explanation: explain(leader.call, leader.end - leader.start, followers.length, found),
    });
  };

  return {
    ended(call) {
      const { start, end, service, result } = call;
      if (call.revision > 0 || start === null || end === null || service === null) return;
      // A call that its client or a lost connection ended was not released by the runtime.
      if (result.outcome !== 'finished' || isEndless(call.rpc)) return;
      const endpoint = endpointOf(call.endpoint);
      endpoint.recent.push({ start, end });
      if (endpoint.recent.length >= 2 * limits.maxRecentCalls)
        endpoint.recent.splice(0, limits.maxRecentCalls);
      if (end - start < limits.convoyWaitNs) return;
      if (endpoint.burst.length === 0) {
        endpoint.closesAt = end + limits.convoyWithinNs;
        if (nextClose === null || endpoint.closesAt < nextClose) nextClose = endpoint.closesAt;
      }
      if (endpoint.burst.length >= limits.maxBurstCalls) counters.burstCallsOverLimit += 1;
      else endpoint.burst.push({ start, end, call: asEvidence(call) });
    },
    tick(now, out) {
      if (nextClose === null || now <= nextClose) return;
      nextClose = null;
      for (const [path, endpoint] of endpoints) {
        if (endpoint.burst.length === 0) continue;
        if (now > endpoint.closesAt) close(path, endpoint, out);
        else if (nextClose === null || endpoint.closesAt < nextClose) nextClose = endpoint.closesAt;
      }
    },
    finish(out) {
      for (const [path, endpoint] of endpoints) if (endpoint.burst.length > 0) close(path, endpoint, out);
    },
  };
};
