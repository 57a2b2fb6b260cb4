import type { PodIdentity } from '../../cri/facts.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import type { Caller } from '../caller.ts';
import type { PodLimits } from './limits.ts';
import type { OperationKey, OperationOutcome, Phase, PhaseName, PodOperation } from './operation.ts';
import { withGaps } from './phases.ts';

/** Why an operation is told now. */
export type Ending = 'done' | 'quiet' | 'stopped' | 'replaced' | 'went_on' | 'input_ended' | 'evicted';

interface Made {
  readonly attempt: number;
  started: boolean;
}

/** An operation that goes on. */
export interface OpenOperation {
  readonly key: OperationKey;
  readonly pod: PodIdentity;
  readonly endpoint: string;
  readonly connection: number;
  readonly caller: Caller;
  sandboxId: string | null;
  /** Containers made in it, by name. */
  readonly containers: Map<string, Made>;
  /** When a container of it was seen to have ended, by name. */
  readonly exits: Map<string, Nanos>;
  readonly calls: Phase[];
  /** Steps whose last try failed, and how. */
  readonly failures: Map<string, string>;
  readonly traceparents: string[];
  dropped: number;
  start: Nanos;
  end: Nanos;
  sandboxStopped: boolean;
  /** Its sandbox was made while this observer looked. */
  startSeen: boolean;
}

/** Traces of the client that one operation is linked to. */
const maxTraceparents = 8;

export const openOperation = (key: OperationKey, pod: PodIdentity, call: Call, at: Nanos): OpenOperation => ({
  key,
  pod,
  endpoint: call.endpoint,
  connection: call.connection,
  caller: call.caller,
  sandboxId: call.facts.sandboxId,
  containers: new Map(),
  exits: new Map(),
  calls: [],
  failures: new Map(),
  traceparents: [],
  dropped: 0,
  start: call.start ?? at,
  end: at,
  sandboxStopped: false,
  startSeen: false,
});

const traceOf = (traceparent: string): string => traceparent.slice(0, 35);

const learnTrace = (of: OpenOperation, traceparent: string | null): void => {
  if (traceparent === null || of.traceparents.length >= maxTraceparents) return;
  if (of.traceparents.some((one) => traceOf(one) === traceOf(traceparent))) return;
  of.traceparents.push(traceparent);
};

const learnContainer = (of: OpenOperation, phase: PhaseName, call: Call, isOk: boolean): void => {
  const { containerName, containerAttempt } = call.facts;
  if (containerName === null) return;
  if (phase === 'create' && isOk)
    of.containers.set(containerName, { attempt: containerAttempt ?? 0, started: false });
  if (phase !== 'start') return;
  const made = of.containers.get(containerName) ?? { attempt: containerAttempt ?? 0, started: false };
  made.started ||= isOk;
  of.containers.set(containerName, made);
};

/** One more call of the operation. Returns whether it was told in the phases. */
export const addCall = (
  of: OpenOperation,
  phase: PhaseName,
  call: Call,
  at: Nanos,
  limits: PodLimits,
): boolean => {
  const { containerName, image, sandboxId } = call.facts;
  const { status, statusCode, outcome, reset } = call.result;
  const start = call.start ?? at;
  if (start < of.start) of.start = start;
  if (at > of.end) of.end = at;
  of.sandboxId ??= sandboxId;
  learnTrace(of, call.traceparent);
  const isOk = statusCode === 0;
  learnContainer(of, phase, call, isOk);
  const step = `${call.rpc} ${containerName ?? (phase === 'image_pull' ? image : '')}`.trim();
  const isHook = phase === 'post_start' || phase === 'pre_stop' || phase === 'sandbox_status';
  if (isOk) of.failures.delete(step);
  else if (!isHook && of.failures.size < limits.maxPhases)
    of.failures.set(
      step,
      status ?? (outcome === 'reset' ? `reset (${reset?.code ?? 'its code was not seen'})` : outcome),
    );
  if (phase === 'sandbox' || phase === 'image_pull') of.startSeen = true;
  if (phase === 'sandbox_stop' && isOk) of.sandboxStopped = true;
  const isKept = of.calls.length < limits.maxPhases;
  if (!isKept) of.dropped += 1;
  else
    of.calls.push({
      phase,
      container: containerName,
      image: phase === 'image_pull' || phase === 'create' ? image : null,
      start,
      end: at,
      status,
      connection: call.connection,
      stream: call.stream,
    });
  return isKept;
};

/** All containers that were made in it run, or ran. */
const isRunning = ({ containers, failures }: OpenOperation): boolean =>
  failures.size === 0 && containers.size > 0 && [...containers.values()].every(({ started }) => started);

/** When it is over if nothing else comes. */
export const dueOf = (of: OpenOperation, limits: PodLimits): Nanos => {
  if (of.key.kind === 'pod_stop') return of.end + limits.stopTimeout;
  if (of.failures.size > 0) return of.end + limits.retryWait;
  return of.end + (isRunning(of) ? limits.settle : limits.startTimeout);
};

const endings: Readonly<Record<Ending, string>> = {
  done: 'it ended before all was seen',
  quiet: 'no more calls came',
  stopped: 'the pod was stopped first',
  replaced: 'another sandbox took its place',
  went_on: 'the pod went on',
  input_ended: 'the observation ended first',
  evicted: 'too many pods were starting or stopping at once to follow them all',
};

const outcomeOf = (of: OpenOperation, ending: Ending): OperationOutcome => {
  if (of.key.kind === 'pod_stop') {
    if (of.sandboxStopped) return 'stopped';
    if (ending === 'input_ended' || ending === 'evicted') return 'incomplete';
    return of.failures.size > 0 ? 'failed' : 'containers_stopped';
  }
  if (isRunning(of)) return 'running';
  // The client tries again: only when it did not was the failure the last word.
  if (ending === 'input_ended' || ending === 'evicted') return 'incomplete';
  if (of.failures.size > 0) return 'failed';
  return ending === 'quiet' ? 'timed_out' : 'incomplete';
};

export const tellOperation = (
  of: OpenOperation,
  ending: Ending,
  byKubelet: boolean,
  limits: PodLimits,
): PodOperation => {
  const outcome = outcomeOf(of, ending);
  const failures = [...of.failures].map(([step, status]) => `${step}: ${status}`).join(', ');
  const isGood = outcome === 'running' || outcome === 'stopped';
  return {
    key: of.key,
    pod: of.pod,
    sandboxId: of.sandboxId,
    endpoint: of.endpoint,
    connection: of.connection,
    caller: of.caller,
    byKubelet,
    start: of.start,
    end: of.end,
    startSeen: of.key.kind !== 'pod_start' || of.startSeen,
    outcome,
    detail: isGood
      ? null
      : outcome === 'failed'
        ? failures
        : [endings[ending], failures].filter((part) => part !== '').join('; '),
    phases: withGaps(of.calls, of.exits, limits.minGap),
    phasesDropped: of.dropped,
    traceparents: of.traceparents,
    course: null,
  };
};
