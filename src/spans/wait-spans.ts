import { hash } from 'node:crypto';
import type { PodOperation } from '../calls/pods/operation.ts';
import type { ToldWait } from '../calls/waits/wait.ts';
import { textLimit } from './call-attributes.ts';
import type { SpanContext } from './call-spans.ts';
import { notAllZeros } from './ids.ts';
import type { PodAttributeName } from './pod-attributes.ts';
import type { AttributeValue, Span } from './span.ts';
import { traceOfCall } from './trace-of-call.ts';
import type { WaitAttributeName } from './wait-attributes.ts';

export type WaitContext = Pick<SpanContext, 'ids' | 'parentOf' | 'resources'>;

/** Shorter times between calls have no span. */
const minGapNs = 1_000_000n;

/** Of what is no wait for another a call's own span and the kernel's parts under it say it. */
const nameOf = (wait: ToldWait, byKubelet: boolean): string | null => {
  const client = byKubelet ? 'kubelet' : 'client';
  switch (wait.on) {
    case 'client':
      return `${client}, between calls`;
    case 'back_off':
      return `${client}, after a failed call`;
    case 'init_container':
      return `init container ${wait.container}`;
    case 'pull_queue':
      return 'waiting for another pull';
    case 'same_container':
    case 'same_sandbox':
    case 'same_image':
    case 'convoy':
      return `waiting for ${wait.behind.rpc ?? 'a call'}`;
    case 'socket':
    case 'kernel':
    case 'runtime':
      return null;
  }
};

type Said = Partial<Record<PodAttributeName, AttributeValue>>;

/** Of what pod and operation it is. */
export const whose = ({ pod, sandboxId, key }: PodOperation): Said => {
  const said: Partial<Record<PodAttributeName, AttributeValue>> = {
    'cri.operation': key.kind,
    'cri.sandbox.attempt': key.attempt,
  };
  if (pod.namespace !== null) said['k8s.namespace.name'] = pod.namespace;
  if (pod.name !== null) said['k8s.pod.name'] = pod.name;
  if (pod.uid !== null) said['k8s.pod.uid'] = pod.uid;
  if (sandboxId !== null) said['cri.sandbox.id'] = sandboxId;
  return said;
};

const attributesOf = (found: PodOperation, wait: ToldWait): Record<string, AttributeValue> => {
  const said: Partial<Record<PodAttributeName | WaitAttributeName, AttributeValue>> = whose(found);
  said['cri.wait.on'] = wait.on;
  const container =
    wait.on === 'init_container' ? wait.container : 'phase' in wait ? wait.phase.container : null;
  if (container !== null) said['k8s.container.name'] = container;
  if (wait.behindText !== null) said['cri.wait.behind'] = wait.behindText.slice(0, textLimit);
  if (wait.evidence !== null) said['cri.wait.evidence'] = wait.evidence.slice(0, textLimit);
  return said;
};

/**
 * INTERNAL spans in the trace of an operation: time in which none of its calls was under way, and time in which one waited for another
 * call, under the call that waited and linked to the other.
 */
export const spansOfWaits = (found: PodOperation, root: Span, context: WaitContext): readonly Span[] =>
  (found.course?.waits ?? []).flatMap((wait, nth): Span[] => {
    const name = nameOf(wait, found.byKubelet);
    const isGap = !('behind' in wait);
    if (name === null || (isGap && wait.end - wait.start < minGapNs)) return [];
    const own =
      isGap || wait.on === 'pull_queue' || wait.call === null ? null : traceOfCall(wait.call, context);
    const behind = isGap ? null : traceOfCall(wait.behind, context);
    return [
      {
        traceId: root.traceId,
        spanId: notAllZeros(hash('sha256', `${root.spanId}\n${nth}`).slice(0, 16)),
        parentSpanId: own?.traceId === root.traceId ? own.clientSpanId : root.spanId,
        parentIsRemote: false,
        traceState: null,
        traceFlags: 1,
        name,
        kind: 'internal',
        start: wait.start,
        end: wait.end,
        attributes: attributesOf(found, wait),
        status: { code: 'unset', message: null },
        events: [],
        links:
          behind === null ? [] : [{ traceId: behind.traceId, spanId: behind.clientSpanId, attributes: {} }],
        resource: root.resource,
      },
    ];
  });
