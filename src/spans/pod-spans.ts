import type { Phase, PhaseName, PodOperation } from '../calls/pods/operation.ts';
import type { Wait } from '../calls/waits/wait.ts';
import { coveredNs } from '../foundation/covered.ts';
import { textLimit } from './call-attributes.ts';
import { idsOfOperation, startOf } from './pod-ids.ts';
import type { AttributeValue, Span } from './span.ts';
import { parseTraceparent } from './traceparent.ts';
import { spansOfWaits, type WaitContext, whose } from './wait-spans.ts';

/** Time covered by phases of these names, in milliseconds. */
const milliseconds = (phases: readonly Phase[], names: readonly PhaseName[]): number =>
  Number(coveredNs(phases.filter(({ phase }) => names.includes(phase)))) / 1e6;

const isBehind = (wait: Wait): boolean => 'behind' in wait;

const waitedMs = ({ course }: PodOperation, isMeant: (wait: Wait) => boolean): number =>
  course === null ? 0 : Number(coveredNs(course.waits.filter(isMeant))) / 1e6;

const isGap = ({ phase }: Phase): boolean => phase === 'client' || phase === 'init_container';

const attributesOf = (found: PodOperation): Record<string, AttributeValue> => {
  const { phases, key } = found;
  const said = whose(found);
  said['server.address'] = found.endpoint;
  said['cri.operation.outcome'] = found.outcome;
  if (!found.startSeen) said['cri.operation.start_unknown'] = true;
  if (found.detail !== null) said['cri.operation.detail'] = found.detail;
  said['cri.operation.calls'] = phases.filter((phase) => !isGap(phase)).length + found.phasesDropped;
  said['cri.operation.sandbox_ms'] = milliseconds(phases, ['sandbox', 'sandbox_stop']);
  said['cri.operation.image_pull_ms'] = milliseconds(phases, ['image_pull']);
  said['cri.operation.containers_ms'] = milliseconds(phases, ['create', 'start', 'stop']);
  said['cri.operation.hooks_ms'] = milliseconds(phases, ['post_start', 'pre_stop']);
  const pullQueueMs = waitedMs(found, ({ on }) => on === 'pull_queue');
  said['cri.operation.pull_queue_ms'] = pullQueueMs;
  // A queue is time in which no call was under way: a part of the client's.
  said['cri.operation.client_ms'] = Math.max(0, milliseconds(phases, ['client']) - pullQueueMs);
  said['cri.operation.init_ms'] = milliseconds(phases, ['init_container']);
  if (found.course !== null) {
    said['cri.operation.breakdown'] = found.course.breakdown.slice(0, textLimit);
    said['cri.operation.waited_ms'] = waitedMs(found, isBehind);
  }
  if (key.kind === 'container_start') {
    said['k8s.container.restart_count'] = key.generation;
    if (key.container !== null) said['k8s.container.name'] = key.container;
  }
  return said;
};

const nameOf = ({ key, pod }: PodOperation): string => {
  const name = `${pod.namespace ?? '?'}/${pod.name ?? key.pod}`;
  switch (key.kind) {
    case 'pod_start':
      return `pod start ${name}`;
    case 'pod_stop':
      return `pod stop ${name}`;
    case 'container_start':
      return `container start ${name} ${key.container ?? '?'}`;
  }
};

const linksOf = ({ key, traceparents }: PodOperation): Span['links'] => {
  const own = traceparents.flatMap((traceparent) => {
    const parent = parseTraceparent(traceparent, null);
    return parent === null ? [] : [{ traceId: parent.traceId, spanId: parent.spanId, attributes: {} }];
  });
  return key.kind === 'pod_start' && key.generation === 0
    ? own
    : [{ ...idsOfOperation(startOf(key)), attributes: {} }, ...own];
};

/**
 * The root span, INTERNAL, of the client; its calls are children, and so is the time in which none was under way, or
 * one waited for another.
 */
export const spansOfOperation = (found: PodOperation, context: WaitContext): readonly Span[] => {
  const { key, outcome } = found;
  const ids = idsOfOperation(key);
  const resource = context.resources.callerOf(found);
  const isError = outcome === 'failed' || outcome === 'timed_out';
  const root: Span = {
    traceId: ids.traceId,
    parentIsRemote: false,
    traceState: null,
    traceFlags: 1,
    kind: 'internal',
    events: [],
    resource,
    spanId: ids.spanId,
    parentSpanId: null,
    name: nameOf(found),
    start: found.start,
    end: found.end,
    attributes: attributesOf(found),
    status: isError ? { code: 'error', message: found.detail } : { code: 'unset', message: null },
    links: linksOf(found),
  };
  return [root, ...spansOfWaits(found, root, context)];
};
