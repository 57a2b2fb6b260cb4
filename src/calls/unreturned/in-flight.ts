import { createOpenTable } from '../../foundation/open-table.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { GrpcEvent } from '../../grpc/event.ts';
import type { Call } from '../call.ts';
import { callKey } from '../call-key.ts';
import { methodName, rpcText } from '../method-name.ts';
import type { UnreturnedCounters, UnreturnedLimits } from './limits.ts';
import { isEndless, patienceFor } from './patience.ts';
import { asEvidence, type StreamInterval, type StuckCall, type Symptom, secondsText } from './symptom.ts';

/** What is known now of a call in flight; null: it is not followed. */
export type Snapshot = (stream: number) => Call | null;

interface OpenCall {
  readonly connection: number;
  readonly stream: number;
  readonly snapshot: Snapshot;
  /** First byte seen, or, where that was before the observation, when the call was first heard of. */
  readonly startedAt: Nanos;
  readonly startUnknown: boolean;
  readonly endless: boolean;
  dueAt: Nanos;
  told: StuckCall | null;
  interval: { from: Nanos; messages: number; bytes: number };
  totalMessages: number;
  totalBytes: number;
  /** The longest message that the response announced, complete or not. */
  largest: number;
}

/** Calls that have not ended: what is told of them while they have not. */
export interface InFlight {
  grpc(connection: number, event: GrpcEvent, snapshot: Snapshot, now: Nanos): void;
  /** To be asked when a call has ended, before its `call_end` is given to `grpc`. */
  ended(call: Call, out: Symptom[]): void;
  /** Length of the longest response message that this open call announced. */
  largestOf(connection: number, stream: number): number;
  tick(now: Nanos, out: Symptom[]): void;
  /** Calls of the endpoint in flight that began after one moment and before another. */
  startedBetween(endpoint: string, after: Nanos, before: Nanos): number;
}

const who = (call: Call): string => call.caller.comm ?? 'the client';
const what = (call: Call): string => rpcText(call) ?? 'a call of an unknown method';

const inFlightText = (call: Call, age: Nanos): string => {
  const deadline =
    call.timeoutNs === null
      ? 'it has no deadline'
      : age >= call.timeoutNs
        ? 'its deadline has passed'
        : `its client gives up ${secondsText(call.timeoutNs)} after its start`;
  return `${what(call)} of ${who(call)} has been in flight for ${secondsText(age)}, and ${deadline}: look at what the runtime waits for (disk, network plugin, shim, registry).`;
};

const endedText = (call: Call, age: Nanos): string =>
  `${what(call)} of ${who(call)} that was stuck ended after ${secondsText(age)}: ${call.result.status ?? call.result.outcome}.`;

export const createInFlight = (counters: UnreturnedCounters, limits: UnreturnedLimits): InFlight => {
  const calls = createOpenTable<OpenCall>();
  /** No open call is due before. */
  let nextDue: Nanos | null = null;

  const find = (connection: number, stream: number) => calls.get(callKey(connection, stream));

  const due = (open: OpenCall, at: Nanos): void => {
    open.dueAt = at;
    if (nextDue === null || at < nextDue) nextDue = at;
  };

  const begin = (
    connection: number,
    head: Extract<GrpcEvent, { kind: 'call_start' }>['head'],
    snapshot: Snapshot,
    now: Nanos,
  ) => {
    const name = typeof head.path === 'string' ? methodName(head.path) : null;
    // What other services of the socket may take is not known here.
    if (name !== null && name.service === null) return;
    if (calls.size >= limits.maxOpenCalls) {
      counters.openCallsOverLimit += 1;
      return;
    }
    const startedAt = head.start?.sentAt ?? head.start?.at ?? now;
    const endless = isEndless(name?.rpc ?? null);
    const open: OpenCall = {
      connection,
      stream: head.stream,
      snapshot,
      startedAt,
      startUnknown: head.start === null,
      endless,
      dueAt: 0n,
      told: null,
      interval: { from: startedAt, messages: 0, bytes: 0 },
      totalMessages: 0,
      totalBytes: 0,
      largest: 0,
    };
    calls.set(callKey(connection, head.stream), open);
    due(open, startedAt + (endless ? limits.streamIntervalNs : limits.stuckAfterNs));
  };

  const forget = (connection: number, stream: number): void => {
    calls.delete(callKey(connection, stream));
  };

  const interval = (open: OpenCall, call: Call, at: Nanos, ended: boolean, out: Symptom[]): void => {
    const { from, messages, bytes } = open.interval;
    if (messages === 0) return;
    counters.streamIntervals += 1;
    const symptom: StreamInterval = {
      kind: 'stream_interval',
      revision: 0,
      endpoint: call.endpoint,
      caller: call.caller,
      start: from,
      end: at,
      calls: [asEvidence(call)],
      messages,
      bytes,
      totalMessages: open.totalMessages,
      totalBytes: open.totalBytes,
      ended,
      explanation: `${what(call)} brought ${who(call)} ${messages} messages in ${secondsText(at - from)}, ${open.totalMessages} so far.`,
    };
    open.interval = { from: at, messages: 0, bytes: 0 };
    out.push(symptom);
  };

  const tellStuck = (
    open: OpenCall,
    call: Call,
    boundNs: Nanos,
    at: Nanos,
    ended: boolean,
    out: Symptom[],
  ): void => {
    const ageNs = at - open.startedAt;
    open.told = {
      kind: 'stuck_call',
      revision: (open.told?.revision ?? -1) + 1,
      endpoint: call.endpoint,
      caller: call.caller,
      start: open.startedAt,
      end: at,
      calls: [asEvidence(call)],
      ageNs,
      boundNs,
      ended,
      startUnknown: open.startUnknown,
      explanation: ended ? endedText(call, ageNs) : inFlightText(call, ageNs),
    };
    out.push(open.told);
  };

  const look = (open: OpenCall, call: Call, now: Nanos, out: Symptom[]): void => {
    if (open.endless || isEndless(call.rpc) || (call.rpc === null && open.totalMessages > 0)) {
      // Counted from the start, not from when somebody looked: intervals do not depend on how often that is.
      const { dueAt } = open;
      if (dueAt - open.interval.from >= limits.streamIntervalNs) interval(open, call, dueAt, false, out);
      due(open, dueAt + ((now - dueAt) / limits.streamIntervalNs + 1n) * limits.streamIntervalNs);
      return;
    }
    const bound = patienceFor(call, limits);
    if (now < open.startedAt + bound) {
      due(open, open.startedAt + bound);
      return;
    }
    // Told at the bound, at twice, at four times, ...: the highest that was reached.
    let reached = bound;
    while (open.startedAt + reached * 2n <= now) reached *= 2n;
    if (open.told === null) counters.stuckCalls += 1;
    tellStuck(open, call, bound, open.startedAt + reached, false, out);
    due(open, open.startedAt + reached * 2n);
  };

  return {
    grpc(connection, event, snapshot, now) {
      switch (event.kind) {
        case 'call_start':
          begin(connection, event.head, snapshot, now);
          return;
        case 'message': {
          if (event.direction !== 'response') return;
          const open = find(connection, event.stream);
          if (open === undefined) return;
          if (event.length > open.largest) open.largest = event.length;
          if (!event.last) return;
          open.interval.messages += 1;
          open.interval.bytes += event.length;
          open.totalMessages += 1;
          open.totalBytes += event.length;
          return;
        }
        case 'call_end':
          forget(connection, event.stream);
          return;
        default:
          return;
      }
    },
    ended(call, out) {
      const open = find(call.connection, call.stream);
      if (open === undefined || call.revision > 0) return;
      const at = call.end;
      if (at === null) return;
      if (open.told !== null) tellStuck(open, call, open.told.boundNs, at, true, out);
      else if (open.endless) interval(open, call, at, true, out);
    },
    largestOf: (connection, stream) => find(connection, stream)?.largest ?? 0,
    tick(now, out) {
      if (nextDue === null || now < nextDue) return;
      nextDue = null;
      for (const open of [...calls.values()]) {
        if (now < open.dueAt) {
          due(open, open.dueAt);
          continue;
        }
        const call = open.snapshot(open.stream);
        if (call === null) forget(open.connection, open.stream);
        else look(open, call, now, out);
      }
    },
    startedBetween(endpoint, after, before) {
      let count = 0;
      for (const { startedAt, endless, snapshot, stream } of calls.values()) {
        if (!endless && startedAt > after && startedAt < before && snapshot(stream)?.endpoint === endpoint)
          count += 1;
      }
      return count;
    },
  };
};
