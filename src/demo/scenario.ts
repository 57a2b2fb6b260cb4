import { randomUUID } from 'node:crypto';
import type { Clock } from '../foundation/clock.ts';
import type { ApiVersion } from './codec.ts';
import { detectContainerd } from './containerd.ts';
import type { CallRecord } from './cri-client.ts';
import { createKubelet, type Kubelet } from './kubelet.ts';
import { pause } from './pause.ts';
import type { PodPlan } from './pod-config.ts';
import { execProbe, startPod, stopPod } from './pod-worker.ts';
import type { RuntimeOptions } from './runtime.ts';
import { containerdStage, type Stage, simulatedStage } from './stage.ts';

/** What stands between kubelet and runtime: the sockets that the kubelet is to use. */
export interface Between {
  readonly socket: string;
  readonly imageSocket?: string | undefined;
  close(): Promise<void>;
}

export interface ScenarioOptions {
  /** `auto`: containerd, and where it cannot run, the simulated runtime, with the reason in the log. */
  readonly runtime: 'containerd' | 'simulated' | 'auto';
  readonly clock: Clock;
  /** Default: nothing in between. */
  readonly through?: (runtimeSocket: string) => Promise<Between>;
  /** Progress, a line at a time. */
  readonly log: (line: string) => void;
  /** Ends the scenario early; everything is undone all the same. */
  readonly signal: AbortSignal;
  /** Pods come and go until the signal aborts. */
  readonly follow?: boolean;
  /** The API versions that the kubelet knows, preferred first. */
  readonly versions?: readonly ApiVersion[];
  /** Pods that start at the same time, and containers in each. */
  readonly pods?: number;
  readonly containersPerPod?: number;
  /** Factor on all periods and simulated latencies: below 1 is faster. */
  readonly pace?: number;
  /** `traceparent` as of a kubelet with tracing. */
  readonly metadata?: (sync: string) => Readonly<Record<string, string>>;
  readonly simulated?: Partial<RuntimeOptions>;
  readonly limits?: ScenarioLimits;
}

export interface ScenarioLimits {
  /** Records kept of a long run; the newest are counted and dropped. */
  readonly maxRecords: number;
}

export const defaultScenarioLimits: ScenarioLimits = { maxRecords: 100_000 };

export interface ScenarioResult {
  readonly runtime: 'containerd' | 'simulated';
  /** Why containerd was not used although `auto` prefers it. */
  readonly containerdUnavailable: string | null;
  /** Every call as the kubelet saw it, in the order of their ends. */
  readonly calls: readonly CallRecord[];
  readonly callsDropped: number;
  /** The version negotiation failed, and the kubelet would exit. */
  readonly gaveUp: boolean;
  readonly interrupted: boolean;
}

/** Nobody listens on port 1 of the loopback interface: the pull fails in a moment, as one from a dead registry. */
const unreachableImage = '127.0.0.1:1/none:1';

const probeTimeoutSeconds = 1;
const graceSeconds = 2;
const probePeriodMs = 1_000;
const followPeriodMs = 5_000;

const podPlan = (name: string, images: readonly string[]): PodPlan => ({
  namespace: 'default',
  name,
  uid: randomUUID(),
  attempt: 0,
  containers: images.map((image, index) => ({
    name: ['web', 'sidecar'][index] ?? `container-${index}`,
    image,
    args: [],
  })),
});

interface Play extends Pick<ScenarioOptions, 'log' | 'signal'> {
  readonly kubelet: Kubelet;
  readonly stage: Stage;
  readonly pods: number;
  readonly containersPerPod: number;
  readonly pace: number;
}

/** Pods start, are probed and stop. */
const playPods = async (play: Play, round: number): Promise<void> => {
  const { kubelet, stage, log, signal, pace } = play;
  const images = Array.from({ length: play.containersPerPod }, () => stage.image);
  const plans = Array.from({ length: play.pods }, (_, index) => podPlan(`web-${round + index}`, images));
  log(`starting ${plans.map(({ name }) => `default/${name}`).join(', ')}`);
  const running = await Promise.all(plans.map((plan) => startPod(kubelet, plan, stage.place)));

  for (const command of [
    ['/workload', 'say', 'ok'],
    ['/workload', 'exit', '1'],
  ]) {
    for (const { containers } of running)
      for (const container of containers.slice(0, 1))
        await execProbe(kubelet, container, command, probeTimeoutSeconds);
    await pause(probePeriodMs * pace, signal);
  }
  if (signal.aborted) return;
  log('stopping them');
  await Promise.all(running.map((pod) => stopPod(kubelet, pod, graceSeconds)));
};

const playFailingPull = async ({ kubelet, stage, log }: Play): Promise<void> => {
  const plan = podPlan('broken-0', [unreachableImage]);
  log(`starting default/${plan.name}, whose image cannot be pulled`);
  await stopPod(kubelet, await startPod(kubelet, plan, stage.place), graceSeconds);
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The runtime to play on, and why it is not containerd. Null: interrupted before it was ready. */
const openStage = async (
  options: ScenarioOptions,
): Promise<{ readonly stage: Stage; readonly unavailable: string | null } | null> => {
  const { runtime, clock, log, signal, pace = 1 } = options;
  let unavailable: string | null = null;
  if (runtime !== 'simulated') {
    try {
      const available = await detectContainerd();
      if (available.kind === 'unavailable') throw new Error(available.message);
      log('starting a private containerd');
      return { stage: await containerdStage(available.cniPluginFolder, clock, signal), unavailable };
    } catch (error) {
      if (signal.aborted) return null;
      unavailable = messageOf(error);
      if (runtime === 'containerd')
        throw new Error(`containerd cannot run here: ${unavailable}`, { cause: error });
      log(`containerd cannot run here (${unavailable}): using a simulated runtime`);
    }
  }
  return { stage: await simulatedStage(clock, { pace, ...options.simulated }), unavailable };
};

/**
 * Sets up a runtime, lets the caller put an observer in between, plays a kubelet's part, and takes everything down
 * again, in this order backwards, also after an abort or a failure. Rejects only when the set-up fails: a call
 * that fails is a record.
 */
export const runScenario = async (options: ScenarioOptions): Promise<ScenarioResult> => {
  const { log, signal, clock, limits = defaultScenarioLimits, pace = 1 } = options;
  const calls: CallRecord[] = [];
  let callsDropped = 0;
  let gaveUp = false;
  const opened = signal.aborted ? null : await openStage(options);
  const result = (): ScenarioResult => ({
    runtime: opened?.stage.runtime ?? 'simulated',
    containerdUnavailable: opened?.unavailable ?? null,
    calls,
    callsDropped,
    gaveUp,
    interrupted: signal.aborted,
  });
  if (opened === null) return result();
  const { stage } = opened;

  try {
    const between = await options.through?.(stage.socket);
    try {
      const kubelet = createKubelet({
        clock,
        socket: between?.socket ?? stage.socket,
        imageSocket: between?.imageSocket,
        ...(options.versions === undefined ? {} : { versions: options.versions }),
        ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
        signal,
        pace,
        record(call) {
          if (calls.length < limits.maxRecords) calls.push(call);
          else callsDropped++;
        },
      });
      const { pods = 1, containersPerPod = 2 } = options;
      const play: Play = { kubelet, stage, log, signal, pods, containersPerPod, pace };
      const quiet = new AbortController();
      let periodic: Promise<void> = Promise.resolve();
      try {
        gaveUp = !(await kubelet.start()) && !signal.aborted;
        if (gaveUp) log('the kubelet gave up: no API version in common with the runtime');
        if (!gaveUp && !signal.aborted) {
          periodic = kubelet.steadyState(quiet.signal);
          await playPods(play, 0);
          if (!signal.aborted) await playFailingPull(play);
          for (let round = pods; options.follow === true && !signal.aborted; round += pods) {
            await pause(followPeriodMs * pace, signal);
            if (!signal.aborted) await playPods(play, round);
          }
        }
      } finally {
        quiet.abort();
        await periodic;
        kubelet.close();
      }
    } finally {
      await between?.close();
    }
  } finally {
    log('removing what was made');
    await stage.close();
  }
  return result();
};
