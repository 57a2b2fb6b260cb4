import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import { rpcText } from '../method-name.ts';
import { explainRound } from './explain.ts';
import { hasFannedOut, kindOf, type Progress, podCount } from './grammar.ts';
import {
  type CallRound,
  plegThresholdNs,
  type Round,
  type RoundHead,
  type RoundKind,
  type SlowestCall,
} from './round.ts';

/** A round that may go on. */
export interface OpenRound {
  readonly head: RoundHead;
  /** What its calls share. */
  readonly round: CallRound;
  readonly endpoint: string;
  readonly progress: Progress;
  readonly start: Nanos;
  end: Nanos;
  calls: number;
  errors: number;
  failure: string | null;
  sandboxes: number | null;
  containers: number | null;
  listEnd: Nanos;
  slowest: Call | null;
  slowestNs: Nanos;
  readonly traceparents: string[];
  /** The client traces this loop as one: two of its calls were in one of its traces. */
  isOneTrace: boolean;
}

export const openRound = (call: Call, progress: Progress, start: Nanos, end: Nanos): OpenRound => {
  const { connection, connectionOrdinal, stream, caller } = call;
  const head: RoundHead = { connection, connectionOrdinal, stream, start: call.start, caller };
  return {
    head,
    round: { head },
    endpoint: call.endpoint,
    progress,
    start,
    end,
    calls: 0,
    errors: 0,
    failure: null,
    sandboxes: null,
    containers: null,
    listEnd: end,
    slowest: null,
    slowestNs: -1n,
    traceparents: [],
    isOneTrace: false,
  };
};

const traceOf = (traceparent: string): string => traceparent.slice(0, 35);

/** A call before it was in the same trace of the client's. */
export const isTraceOf = ({ traceparents }: OpenRound, traceparent: string): boolean =>
  traceparents.some((one) => traceOf(one) === traceOf(traceparent));

const subjectOf = ({ facts: { pod, containerName } }: Call): string | null =>
  pod === null
    ? null
    : `${pod.namespace ?? '?'}/${pod.name ?? '?'}${containerName === null ? '' : ` ${containerName}`}`;

const most = (one: number | null, other: number | null): number | null =>
  one === null ? other : other === null ? one : Math.max(one, other);

/** One more call, which `progress` has taken already. */
export const addToRound = (
  of: OpenRound,
  call: Call,
  start: Nanos,
  end: Nanos,
  maxTraceparents: number,
): void => {
  const { status, outcome } = call.result;
  const rpc = rpcText(call) ?? '';
  of.calls += 1;
  if (end > of.end) of.end = end;
  if (!hasFannedOut(of.progress)) of.listEnd = of.end;
  // What is gone by the time that it is looked at is no failure of the loop.
  if (status !== 'OK' && status !== 'NOT_FOUND') {
    of.errors += 1;
    of.failure ??= `${rpc}: ${status ?? outcome}`;
  }
  if (rpc.includes('PodSandbox')) of.sandboxes = most(of.sandboxes, call.facts.items);
  if (rpc.endsWith('Containers')) of.containers = most(of.containers, call.facts.items);
  if (end - start > of.slowestNs) {
    of.slowest = call;
    of.slowestNs = end - start;
  }
  const { traceparent } = call;
  if (traceparent === null) return;
  if (isTraceOf(of, traceparent)) of.isOneTrace = true;
  else if (of.traceparents.length < maxTraceparents) of.traceparents.push(traceparent);
};

const slowestOf = ({ slowest: call, slowestNs }: OpenRound): SlowestCall | null =>
  call === null
    ? null
    : {
        connection: call.connection,
        stream: call.stream,
        rpc: rpcText(call) ?? '',
        subject: subjectOf(call),
        durationNs: slowestNs,
      };

/** Calls account for it: a kubelet that takes events rests for minutes between its relists, and allows for more. */
const isUnhealthy = (
  staleNs: Nanos,
  before: Pick<Round, 'start' | 'end'>,
  of: Pick<OpenRound, 'start' | 'listEnd'>,
): boolean =>
  staleNs > plegThresholdNs && before.end - before.start + (of.listEnd - of.start) > plegThresholdNs;

export const tellRound = (
  of: OpenRound,
  previous: (kind: RoundKind) => Pick<Round, 'start' | 'end'> | null,
): Round => {
  const kind = kindOf(of.progress);
  const before = previous(kind);
  const staleNs = before === null || kind !== 'pleg_relist' ? null : of.listEnd - before.start;
  const told = {
    kind,
    head: of.head,
    endpoint: of.endpoint,
    caller: of.head.caller,
    start: of.start,
    end: of.end,
    calls: of.calls,
    errors: of.errors,
    failure: of.failure,
    pods: podCount(of.progress),
    sandboxes: of.sandboxes,
    containers: of.containers,
    listNs: of.listEnd - of.start,
    slowest: slowestOf(of),
    intervalNs: before === null ? null : of.start - before.start,
    staleNs,
    isUnhealthy: staleNs !== null && before !== null && isUnhealthy(staleNs, before, of),
    traceparents: of.traceparents,
    explanation: '',
  };
  told.explanation = explainRound(told);
  return told;
};
