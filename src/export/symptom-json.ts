import type { Call } from '../calls/call.ts';
import type { Symptom } from '../calls/unreturned/symptom.ts';
import type { Nanos } from '../foundation/time.ts';
import { callerJson } from './caller-json.ts';

const time = (at: Nanos | null): string | null => (at === null ? null : String(at));
const ms = (ns: Nanos): number => Number(ns) / 1e6;

const evidenceJson = (call: Call) => ({
  connection: call.connection,
  stream: call.stream,
  rpc: call.rpc,
  outcome: call.result.outcome,
  status: call.result.status,
  start: time(call.start),
  end: call.result.outcome === 'in_flight' ? null : time(call.end),
});

const particulars = (found: Symptom) => {
  switch (found.kind) {
    case 'stuck_call':
      return {
        age_ms: ms(found.ageNs),
        bound_ms: ms(found.boundNs),
        ended: found.ended,
        start_unknown: found.startUnknown,
      };
    case 'stream_interval':
      return {
        messages: found.messages,
        bytes: found.bytes,
        total_messages: found.totalMessages,
        total_bytes: found.totalBytes,
        ended: found.ended,
      };
    case 'retry_chain':
      return {
        subject: found.subject,
        cause: found.cause,
        count: found.count,
        ends: found.ends,
        outcome: found.outcome,
        zombie:
          found.zombie === null
            ? null
            : {
                since: time(found.zombie.since),
                deadline_ms: found.zombie.deadlineNs === null ? null : ms(found.zombie.deadlineNs),
                evidence: found.zombie.evidence,
                known_until: time(found.zombie.knownUntil),
                at_least_ms:
                  found.zombie.knownUntil === null ? null : ms(found.zombie.knownUntil - found.zombie.since),
              },
      };
    case 'convoy':
      return {
        count: found.count,
        within_ms: ms(found.withinNs),
        followers: found.followers.map(({ rpc, waitedNs, endedAfterNs }) => ({
          rpc,
          waited_ms: ms(waitedNs),
          ended_after_ms: ms(endedAfterNs),
        })),
        passed: found.passed,
        still_waiting: found.stillWaiting,
      };
    case 'message_limit':
      return {
        direction: found.direction,
        bytes: found.bytes,
        items: found.items,
        limit_bytes: found.limitBytes,
        limit_ratio: found.bytes / found.limitBytes,
        stated: found.stated,
        refused_by: found.refusedBy,
      };
    case 'feature_fallback':
      return {
        feature: found.feature,
        status: found.status,
        count: found.count,
        instead: found.instead,
        sticky: found.sticky,
      };
  }
};

/** Identity: `kind`, `connection` and `stream` of the first call, and for a `stream_interval` its `start`. */
export const symptomJson = (found: Symptom) => {
  const [about] = found.calls;
  const { pod } = about.facts;
  return {
    kind: found.kind,
    connection: about.connection,
    stream: about.stream,
    revision: found.revision,
    endpoint: found.endpoint,
    method: about.method,
    rpc: about.rpc,
    caller: callerJson(found.caller),
    pod:
      pod === null ? null : { namespace: pod.namespace, name: pod.name, uid: pod.uid, attempt: pod.attempt },
    start: time(found.start),
    end: time(found.end),
    ...particulars(found),
    calls: found.calls.map(evidenceJson),
    explanation: found.explanation,
  };
};
