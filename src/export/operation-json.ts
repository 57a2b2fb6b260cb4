import type { Call } from '../calls/call.ts';
import type { PodOperation } from '../calls/pods/operation.ts';
import type { ToldWait } from '../calls/waits/wait.ts';
import type { Nanos } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';
import { callerJson } from './caller-json.ts';
import { shareJson } from './kernel-json.ts';

const time = (at: Nanos | null): string | null => (at === null ? null : String(at));

const behindJson = (call: Call, text: string | null) => ({
  text,
  connection: call.connection,
  stream: call.stream,
  rpc: call.rpc,
  pod: call.facts.pod,
  container: call.facts.containerName,
  image: call.facts.image,
  start: time(call.start),
  end: time(call.end),
});

const containerOf = (wait: ToldWait): string | null =>
  wait.on === 'init_container' ? wait.container : 'phase' in wait ? wait.phase.container : null;

const waitJson = (wait: ToldWait) => {
  const phase = 'phase' in wait ? wait.phase : wait.on === 'back_off' ? wait.failed : null;
  return {
    on: wait.on,
    start: time(wait.start),
    end: time(wait.end),
    phase: phase?.phase ?? null,
    container: containerOf(wait),
    connection: phase?.connection ?? null,
    stream: phase?.stream ?? null,
    name: wait.on === 'kernel' ? wait.name : wait.on === 'socket' ? wait.unread : null,
    behind: 'behind' in wait ? behindJson(wait.behind, wait.behindText) : null,
    evidence: wait.evidence,
  };
};

/** `"kind":"pod_start"` and its kind. */
export const operationJson = (found: PodOperation, spans: readonly Span[]) => {
  const root = spans[0] ?? null;
  const { namespace, name, uid } = found.pod;
  return {
    kind: found.key.kind,
    connection: found.connection,
    revision: 0,
    endpoint: found.endpoint,
    caller: callerJson(found.caller),
    pod: { namespace, name, uid, attempt: found.key.attempt },
    sandbox_id: found.sandboxId,
    container: found.key.container,
    container_attempt: found.key.container === null ? null : found.key.generation,
    start: time(found.start),
    end: time(found.end),
    start_seen: found.startSeen,
    outcome: found.outcome,
    detail: found.detail,
    phases: found.phases.map((phase) => ({
      phase: phase.phase,
      container: phase.container,
      image: phase.image,
      start: time(phase.start),
      end: time(phase.end),
      status: phase.status,
      connection: phase.connection,
      stream: phase.stream,
    })),
    phases_dropped: found.phasesDropped,
    breakdown: found.course?.breakdown ?? null,
    shares: (found.course?.shares ?? []).map(shareJson),
    waits: (found.course?.waits ?? []).map(waitJson),
    trace_id: root?.traceId ?? null,
    span_id: root?.spanId ?? null,
  };
};
