import type { PodIdentity } from '../../cri/facts.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import type { Caller } from '../caller.ts';
import type { Kubelets } from '../kubelets.ts';
import { createRecentCalls } from '../recent-calls.ts';
import { createInFlight } from './in-flight.ts';
import { createLedger } from './ledger.ts';
import { defaultPodLimits, type PodCounters, type PodLimits } from './limits.ts';
import { type OpenOperation, openOperation } from './open-operation.ts';
import type { CallOperation, OperationKey, PodOperation } from './operation.ts';
import { remember } from './remember.ts';

/** What others know of the pod's containers. */
export interface PodKnowledge {
  /** Name and attempt of each container of a sandbox that is known. */
  containersOf(
    sandboxId: string,
  ): readonly { readonly id: string; readonly name: string | null; readonly attempt: number | null }[];
  /** A sandbox of this pod and attempt was seen to be there. */
  hasSandbox(pod: PodIdentity): boolean;
  /** A list of all containers was seen. */
  containersListed(): void;
  /** Whether it is a start or a restart the next list of all containers tells. */
  awaitsList(call: Pick<Call, 'rpc' | 'facts'>): boolean;
}

/** Finds what belongs together: ended calls in, in the order of their ends; the operation of each and what is over out. */
export interface PodOperations {
  /** A call to do something with this pod is under way. */
  began(connection: number, stream: number, pod: PodIdentity): void;
  ended(
    call: Call,
    known: PodKnowledge,
  ): { readonly operation: CallOperation | null; readonly found: readonly PodOperation[] };
  /** The input ended. */
  finish(): readonly PodOperation[];
}

interface Started {
  readonly at: Nanos;
  readonly key: OperationKey;
  hooked: boolean;
}

/** The methods by which pods and containers are started and stopped. */
const podCalls: ReadonlySet<string> = new Set([
  'RunPodSandbox',
  'PullImage',
  'CreateContainer',
  'StartContainer',
  'StopContainer',
  'StopPodSandbox',
  'ExecSync',
]);

export const isPodCall = (rpc: string): boolean => podCalls.has(rpc);

const podName = (pod: PodIdentity): string | null =>
  pod.uid ?? (pod.name === null ? null : `${pod.namespace}/${pod.name}`);

interface NamedPod {
  readonly pod: PodIdentity;
  readonly name: string;
  readonly attempt: number;
}

/** Null where it is not known which sandbox of the pod is meant: a trace would be a guess. */
const namedPod = (pod: PodIdentity | null): NamedPod | null => {
  const name = pod === null ? null : podName(pod);
  return pod === null || name === null || pod.attempt === null ? null : { pod, name, attempt: pod.attempt };
};

/** Of the containers, in whatever state. */
const listsContainers: ReadonlySet<string> = new Set(['ListContainers', 'StreamContainers']);

const isWholeList = ({ rpc, methodCandidates, facts, result }: Call): boolean =>
  (rpc === null
    ? methodCandidates.length > 0 && methodCandidates.every((one) => listsContainers.has(one))
    : listsContainers.has(rpc)) &&
  result.response.messages > 0 &&
  facts.pod === null &&
  facts.sandboxId === null &&
  facts.containerId === null &&
  facts.values['filter.state'] === undefined;

const isSameProcess = (one: Caller, other: Caller): boolean =>
  one.pid === other.pid && one.pidStart === other.pidStart && one.comm === other.comm;

export const createPodOperations = (
  counters: PodCounters,
  kubelets: Pick<Kubelets, 'isOne'>,
  limits: PodLimits = defaultPodLimits,
): PodOperations => {
  const ledger = createLedger(counters, kubelets, limits);
  const { starts, stops, containerStarts, open, add, close } = ledger;
  /** Containers by id, for the hooks that follow their start. */
  const started = new Map<string, Started>();
  /** Of calls that ended of late: a revision of one is still part of it. */
  const recent = createRecentCalls<CallOperation>(limits.maxRecent);
  /** Calls, by connection and stream: what they did, or to which pod, a revision may tell. */
  const unplaced = new Map<string, true>();
  const inFlight = createInFlight(limits.maxInFlight, () => {
    counters.inFlightDropped += 1;
  });
  const isBusy = (pod: string): boolean => inFlight.count(pod) > 0;

  const startKey = (pod: string, attempt: number, generation = 0): OperationKey => ({
    kind: 'pod_start',
    pod,
    attempt,
    container: null,
    generation,
  });

  const ofPod = (
    call: Call,
    { pod, name, attempt }: NamedPod,
    known: PodKnowledge,
    now: Nanos,
  ): CallOperation | null => {
    const { facts } = call;
    const at = `${name} ${attempt}`;
    const start = starts.get(at);
    const isOk = call.result.statusCode === 0;
    const opened = (key: OperationKey): OpenOperation => openOperation(key, pod, call, now);
    const begin = (): OpenOperation =>
      open(starts, at, opened(startKey(name, attempt, ledger.timesBegun(at))));

    const siblings = () => (facts.sandboxId === null ? [] : known.containersOf(facts.sandboxId));
    /** Another container of this name was made in the sandbox before; of a kubelet, one of a lower attempt. */
    const isAgain = (container: string): boolean =>
      siblings().some(
        ({ id, name: named, attempt: generation }) =>
          named === container &&
          id !== facts.containerId &&
          (generation ?? 0) <= (facts.containerAttempt ?? 0),
      );

    const beginStop = (): OpenOperation => {
      const newest = new Map<string, number>();
      for (const one of siblings()) {
        if (one.name !== null) newest.set(one.name, Math.max(newest.get(one.name) ?? 0, one.attempt ?? 0));
      }
      let generation = 0;
      for (const one of newest.values()) generation += one;
      const key: OperationKey = { kind: 'pod_stop', pod: name, attempt, container: null, generation };
      return open(stops, at, opened(key));
    };

    const inContainer = (phase: 'create' | 'start', container: string): CallOperation | null => {
      const generation = facts.containerAttempt ?? 0;
      const own = `${at} ${container} ${generation}`;
      const made = start?.containers.get(container);
      const isFirst = (made === undefined || made.attempt === generation) && !isAgain(container);
      // Of one that was made before there may be another in the sandbox, or none: its attempt does not tell.
      const isSeen = start?.startSeen === true || ledger.timesBegun(at) > 0 || !known.awaitsList(call);
      if (isFirst && !isSeen && !containerStarts.has(own)) return null;
      if (start !== undefined && isFirst) return add(start, phase, call, now);
      // The pod was starting when the observer began to look: the same trace goes on.
      const goesOn =
        start === undefined && isFirst && ledger.timesBegun(at) === 0 && !containerStarts.has(own);
      if (goesOn) return add(begin(), phase, call, now);
      const key: OperationKey = { kind: 'container_start', pod: name, attempt, container, generation };
      const of = containerStarts.get(own) ?? open(containerStarts, own, opened(key));
      const operation = add(of, phase, call, now);
      if (phase === 'start' && isOk) close(containerStarts, own, 'done');
      return operation;
    };

    switch (call.rpc) {
      case 'RunPodSandbox': {
        for (const [other, of] of starts)
          if (of.key.pod === name && other !== at && of.start <= (call.start ?? now))
            close(starts, other, 'replaced');
        return add(start ?? begin(), 'sandbox', call, now);
      }
      case 'PodSandboxStatus': {
        const isFirst = start?.sandboxId === facts.sandboxId && start.containers.size === 0;
        if (start?.startSeen !== true || !isFirst || !isSameProcess(start.caller, call.caller)) return null;
        return add(start, 'sandbox_status', call, now);
      }
      case 'PullImage':
        if (start !== undefined) return add(start, 'image_pull', call, now);
        if (!known.hasSandbox(pod)) return add(begin(), 'image_pull', call, now);
        return { key: startKey(name, attempt), role: 'after' };
      case 'CreateContainer':
        // The pod goes on: only containers of it were stopped.
        close(stops, at, 'went_on');
        return facts.containerName === null ? null : inContainer('create', facts.containerName);
      case 'StartContainer': {
        if (facts.containerName === null) return null;
        const operation = inContainer('start', facts.containerName);
        if (isOk && operation !== null && facts.containerId !== null)
          remember(
            started,
            facts.containerId,
            { at: now, key: operation.key, hooked: false },
            limits.maxRemembered,
          );
        return operation;
      }
      case 'ContainerStatus': {
        const hasExited = facts.values['container.state'] === 'CONTAINER_EXITED';
        const isOwn =
          facts.containerName !== null &&
          start?.containers.get(facts.containerName)?.attempt === facts.containerAttempt;
        if (hasExited && isOwn && facts.containerName !== null && !start.exits.has(facts.containerName))
          start.exits.set(facts.containerName, now);
        return null;
      }
      case 'ExecSync': {
        // Probes have a time limit; the kubelet's hooks have none.
        if (facts.values['exec.timeout_s'] !== 0) return null;
        if (!kubelets.isOne(call.caller, call.connection, call.endpoint)) return null;
        const before = started.get(facts.containerId ?? '');
        if (before !== undefined && !before.hooked && (call.start ?? now) - before.at <= limits.hookWait) {
          before.hooked = true;
          if (before.key.kind === 'pod_start' && start !== undefined)
            return add(start, 'post_start', call, now);
          return { key: before.key, role: 'after' };
        }
        return add(stops.get(at) ?? beginStop(), 'pre_stop', call, now);
      }
      case 'StopContainer': {
        const before = ledger.stoppedIn(at);
        if (before !== undefined && !stops.has(at)) return { key: before, role: 'after' };
        return add(stops.get(at) ?? beginStop(), 'stop', call, now);
      }
      case 'StopPodSandbox': {
        close(starts, at, 'stopped');
        for (const [other, of] of containerStarts)
          if (of.key.pod === name && of.key.attempt === attempt) close(containerStarts, other, 'stopped');
        const before = ledger.stoppedIn(at);
        if (before !== undefined && !stops.has(at)) return { key: before, role: 'after' };
        const operation = add(stops.get(at) ?? beginStop(), 'sandbox_stop', call, now);
        if (isOk) close(stops, at, 'done');
        return operation;
      }
      case 'RemoveContainer':
      case 'RemovePodSandbox': {
        const before = ledger.stoppedIn(at);
        return before === undefined ? null : { key: before, role: 'after' };
      }
      default:
        return null;
    }
  };

  return {
    began(connection, stream, pod) {
      const name = podName(pod);
      if (name !== null) inFlight.began(connection, stream, name);
    },
    ended(call, known) {
      const { connection, stream } = call;
      const id = call.revision > 0 ? `${connection}/${stream}` : null;
      if (id !== null && !unplaced.delete(id))
        return { operation: recent.find(connection, stream) ?? null, found: [] };
      // First: the call that ends now was under way until now. One that is told anew ended before others that were told.
      if (call.end !== null && id === null) ledger.sweep(call.end, isBusy);
      inFlight.ended(connection, stream);
      if (call.end === null) return { operation: null, found: ledger.take() };
      const of = namedPod(call.facts.pod);
      if (isWholeList(call)) known.containersListed();
      const isUnknown = call.rpc === null || (of === null && isPodCall(call.rpc));
      const operation = of === null || isUnknown ? null : ofPod(call, of, known, call.end);
      if (isUnknown || (operation === null && known.awaitsList(call)))
        remember(unplaced, id ?? `${connection}/${stream}`, true, limits.maxRecent);
      if (operation !== null) recent.add(connection, stream, operation);
      return { operation, found: ledger.take() };
    },
    finish() {
      ledger.closeAll('input_ended');
      return ledger.take();
    },
  };
};
