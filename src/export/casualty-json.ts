import type { Casualty } from '../calls/casualties/casualty.ts';
import type { Span } from '../spans/span.ts';

/** Identity: `kind`, `cgroup`, `process` and `start`. */
export const casualtyJson = (found: Casualty, spans: readonly Span[]) => {
  const { pod, process } = found;
  const span = spans[0] ?? null;
  return {
    kind: found.kind,
    revision: found.revision,
    start: String(found.start),
    end: String(found.end),
    ended: found.kind === 'oom_kill' || found.ended,
    process: process === null ? null : { pid: process.pid, start: String(process.start), comm: process.comm },
    cgroup: found.cgroup,
    pod:
      pod === null ? null : { namespace: pod.namespace, name: pod.name, uid: pod.uid, attempt: pod.attempt },
    container: found.containerName,
    container_id: found.containerId,
    trace_id: span?.traceId ?? null,
    span_id: span?.spanId ?? null,
    explanation: found.explanation,
  };
};
