import type { Call } from '../../src/calls/call.ts';
import type { Finding } from '../../src/calls/finding.ts';
import { createKernelJoin } from '../../src/calls/kernel/join.ts';
import {
  createKernelCounters,
  defaultKernelLimits,
  type KernelCounters,
  type KernelLimits,
} from '../../src/calls/kernel/limits.ts';
import type { KernelStory } from '../../src/calls/kernel/story.ts';
import type { Symptom } from '../../src/calls/unreturned/symptom.ts';
import { type Nanos, nanosPerMillisecond } from '../../src/foundation/time.ts';
import type { CniEnvironment, KernelEvent, KernelTask } from '../../src/kernel/kernel-event.ts';
import { aCall } from './a-call.ts';

/** 2026-11-24, in nanoseconds; times of a play are milliseconds after it. */
const epoch = 1_795_500_000_000_000_000n;
export const at = (ms: number): Nanos => epoch + BigInt(Math.round(ms * 1000)) * 1000n;

export type Step =
  | { readonly ms: number; readonly event: KernelEvent }
  | { readonly ms: number; readonly begins: Call }
  | { readonly ms: number; readonly ends: Call };

const order = (step: Step): number => ('begins' in step ? 0 : 'event' in step ? 1 : 2);

export const containerd: KernelTask = { pid: 700, start: at(-100_000), comm: 'containerd' };

export const task = (pid: number, comm: string, ms: number): KernelTask => ({ pid, start: at(ms), comm });

export const exit = (
  ms: number,
  process: KernelTask,
  code: number | null = 0,
  signal: number | null = null,
): Step => ({
  ms,
  event: {
    kind: 'exit',
    process,
    code,
    signal,
    userNs: 2n * nanosPerMillisecond,
    systemNs: nanosPerMillisecond,
    peakRssBytes: 8_388_608,
  },
});

export interface Execution {
  readonly argv: readonly string[];
  readonly cgroup?: string | null;
  readonly cni?: Partial<CniEnvironment> | null | undefined;
}

const noCni: CniEnvironment = {
  command: null,
  containerId: null,
  interfaceName: null,
  podNamespace: null,
  podName: null,
  podUid: null,
  podInfraContainerId: null,
};

export const exec = (
  ms: number,
  process: KernelTask,
  parent: KernelTask | null,
  { argv, cgroup = null, cni = null }: Execution,
): Step => ({
  ms,
  event: {
    kind: 'exec',
    process,
    parent,
    argv,
    argvCut: false,
    cgroup,
    cni: cni === null ? null : { ...noCni, ...cni },
  },
});

export const fork = (ms: number, process: KernelTask, parent: KernelTask): Step => ({
  ms,
  event: { kind: 'fork', process, parent },
});

/** A program from its fork to its exit. */
export const program = (
  from: number,
  to: number,
  process: KernelTask,
  parent: KernelTask,
  execution: Execution,
  code = 0,
): readonly Step[] => [
  fork(from, { ...process, comm: parent.comm }, parent),
  exec(from + 0.2, process, parent, execution),
  exit(to, process, code),
];

export const sync = (from: number, to: number, process: KernelTask, file: string): Step => ({
  ms: to,
  event: { kind: 'file_sync', process, operation: 'fdatasync', file, start: at(from) },
});

/** A call of the kubelet from one time to another. */
export const timedCall = (rpc: string, from: number, to: number, changes: Partial<Call> = {}): Call => {
  const base = aCall();
  const end = at(to);
  return {
    ...base,
    rpc,
    method: `runtime.v1.RuntimeService/${rpc}`,
    start: at(from),
    requestReadAt: at(from),
    end,
    result: { ...base.result, end: { at: end, sentAt: null }, responseStart: { at: end, sentAt: null } },
    ...changes,
  };
};

/** Both ends of a call. */
export const called = (call: Call): readonly Step[] => {
  const ms = (time: Nanos | null): number => Number((time ?? epoch) - epoch) / 1e6;
  return [
    { ms: ms(call.start), begins: call },
    { ms: ms(call.end), ends: call },
  ];
};

/** What a call in flight says: not what the reply will. */
const unanswered = (call: Call): Call =>
  call.rpc === 'RunPodSandbox'
    ? { ...call, facts: { ...call.facts, sandboxId: null } }
    : call.rpc === 'CreateContainer'
      ? { ...call, facts: { ...call.facts, containerId: null } }
      : call;

export interface Played {
  readonly findings: readonly Finding[];
  readonly counters: KernelCounters;
  /** Of the call with this connection and stream. */
  storyOf(call: Call): KernelStory | null;
}

const inOrder = (steps: readonly Step[]): readonly Step[] =>
  [...steps].sort((a, b) => a.ms - b.ms || order(a) - order(b));

/** The input goes on after these steps. */
const playing = (steps: readonly Step[], changes: Partial<KernelLimits>) => {
  const counters = createKernelCounters();
  const join = createKernelJoin(counters, { ...defaultKernelLimits, ...changes });
  join.serves(containerd.pid);
  const findings: Finding[] = [];
  let now = epoch;
  for (const step of inOrder(steps)) {
    now = at(step.ms);
    findings.push(...join.due(now));
    const found: Finding[] = [];
    if ('event' in step) join.event(step.event, now);
    else if ('begins' in step) {
      const { connection, stream, method } = step.begins;
      join.grpc(
        connection,
        {
          kind: 'call_start',
          head: {
            stream,
            start: { at: now, sentAt: null },
            path: method === null ? null : `/${method}`,
            authority: null,
            userAgent: null,
            requestEncoding: null,
            timeoutNs: null,
            traceparent: null,
            tracestate: null,
            baggageKeys: [],
            entries: [],
          },
        },
        () => unanswered(step.begins),
        now,
      );
    } else {
      const { connection, stream, result } = step.ends;
      found.push({ kind: 'call', call: step.ends });
      join.grpc(connection, { kind: 'call_end', stream, result }, () => null, now);
    }
    findings.push(...join.gate(found, now));
  }
  return { join, findings, counters, now };
};

/** Plays all steps in the order of their times, and ends. */
export const play = (steps: readonly Step[], limits: Partial<KernelLimits> = {}): Played => {
  const { join, findings, counters, now } = playing(steps, limits);
  findings.push(...join.finish(now));
  return {
    findings,
    counters,
    storyOf({ connection, stream }) {
      for (const finding of findings)
        if (
          finding.kind === 'call' &&
          finding.call.connection === connection &&
          finding.call.stream === stream
        )
          return finding.call.kernel;
      return null;
    },
  };
};

/** What is told of a call that is stuck at a moment of the play. */
export const explain = (steps: readonly Step[], call: Call, ms: number): string => {
  const symptom: Symptom = {
    kind: 'stuck_call',
    revision: 0,
    endpoint: call.endpoint,
    caller: call.caller,
    start: at(0),
    end: at(ms),
    calls: [unanswered(call)],
    explanation: 'It is stuck: look at what the runtime waits for (registry).',
    ageNs: at(ms) - at(0),
    boundNs: 0n,
    ended: false,
    startUnknown: false,
  };
  const found: Finding[] = [{ kind: 'symptom', symptom }];
  const before = steps.filter((step) => step.ms <= ms);
  playing(before, {}).join.explain(found, at(ms));
  const [finding] = found;
  return finding?.kind === 'symptom' ? finding.symptom.explanation : '';
};
