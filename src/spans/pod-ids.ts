import { hash } from 'node:crypto';
import type { Call } from '../calls/call.ts';
import type { OperationKey } from '../calls/pods/operation.ts';
import { notAllZeros } from './ids.ts';
import type { Span } from './span.ts';
import type { SpanParent } from './traceparent.ts';

export interface OperationIds {
  readonly traceId: string;
  readonly spanId: string;
}

/**
 * Of the trace and root span of an operation. Nothing of the observer is in them: agents that begin to look at other
 * times, or from other places, give the same start of a pod the same trace.
 */
export const idsOfOperation = ({ kind, pod, attempt, container, generation }: OperationKey): OperationIds => {
  const digest = hash('sha256', `${kind}\n${pod}\n${attempt}\n${container}\n${generation}`);
  return { traceId: notAllZeros(digest.slice(0, 32)), spanId: notAllZeros(digest.slice(32, 48)) };
};

export const startOf = ({ pod, attempt }: OperationKey): OperationKey => ({
  kind: 'pod_start',
  pod,
  attempt,
  container: null,
  generation: 0,
});

const none: readonly never[] = [];

/** The operation that a call without a `traceparent` is a part of. */
export const operationParentOf = ({ operation }: Call): SpanParent | null =>
  operation?.role === 'part'
    ? { ...idsOfOperation(operation.key), traceFlags: 1, traceState: null, isRemote: false }
    : null;

/** To the operation that the call is a part of in a trace of the client's own, or comes after. */
export const operationLinksOf = ({ operation }: Call, hasOwnTrace: boolean): Span['links'] =>
  operation === null || (operation.role === 'part' && !hasOwnTrace)
    ? none
    : [{ ...idsOfOperation(operation.key), attributes: {} }];
