import type { Phase, PhaseName, PodOperation } from '../calls/pods/operation.ts';
import { coveredNs } from '../foundation/covered.ts';
import type { PodAttributeName } from './pod-attributes.ts';
import { gapSpanId, idsOfOperation, startOf } from './pod-ids.ts';
import type { ResourceBook } from './resources.ts';
import type { AttributeValue, Span } from './span.ts';
import { parseTraceparent } from './traceparent.ts';

type Said = Partial<Record<PodAttributeName, AttributeValue>>;

/** Time covered by phases of these names, in milliseconds. */
const milliseconds = (phases: readonly Phase[], names: readonly PhaseName[]): number =>
  Number(coveredNs(phases.filter(({ phase }) => names.includes(phase)))) / 1e6;

const whose = ({ pod, sandboxId, key }: PodOperation): Said => {
  const said: Said = { 'cri.operation': key.kind, 'cri.sandbox.attempt': key.attempt };
  if (pod.namespace !== null) said['k8s.namespace.name'] = pod.namespace;
  if (pod.name !== null) said['k8s.pod.name'] = pod.name;
  if (pod.uid !== null) said['k8s.pod.uid'] = pod.uid;
  if (sandboxId !== null) said['cri.sandbox.id'] = sandboxId;
  return said;
};

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
  said['cri.operation.client_ms'] = milliseconds(phases, ['client']);
  said['cri.operation.init_ms'] = milliseconds(phases, ['init_container']);
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

/** The root span, INTERNAL, of the client; its calls are children, and so is the time in which none was under way. */
export const spansOfOperation = (found: PodOperation, resources: ResourceBook): readonly Span[] => {
  const { key, phases, outcome } = found;
  const ids = idsOfOperation(key);
  const resource = resources.callerOf(found);
  const common = {
    traceId: ids.traceId,
    parentIsRemote: false,
    traceState: null,
    traceFlags: 1,
    kind: 'internal',
    events: [],
    resource,
  } as const;
  const isError = outcome === 'failed' || outcome === 'timed_out';
  const root: Span = {
    ...common,
    spanId: ids.spanId,
    parentSpanId: null,
    name: nameOf(found),
    start: found.start,
    end: found.end,
    attributes: attributesOf(found),
    status: isError ? { code: 'error', message: found.detail } : { code: 'unset', message: null },
    links: linksOf(found),
  };
  const gaps = phases.filter(isGap).map((gap, nth): Span => {
    const said = whose(found);
    if (gap.container !== null) said['k8s.container.name'] = gap.container;
    const client = found.caller.comm?.startsWith('kubelet') === true ? 'kubelet' : 'client';
    return {
      ...common,
      spanId: gapSpanId(key, nth),
      parentSpanId: ids.spanId,
      name: gap.phase === 'client' ? `${client}, between calls` : `init container ${gap.container ?? '?'}`,
      start: gap.start,
      end: gap.end,
      attributes: said,
      status: { code: 'unset', message: null },
      links: [],
    };
  });
  return [root, ...gaps];
};
