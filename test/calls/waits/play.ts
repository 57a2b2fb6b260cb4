import type { Call } from '../../../src/calls/call.ts';
import type { Finding } from '../../../src/calls/finding.ts';
import { createIdentities } from '../../../src/calls/identity/identities.ts';
import { createIdentityCounters, defaultIdentityLimits } from '../../../src/calls/identity/limits.ts';
import { createKubelets } from '../../../src/calls/kubelets.ts';
import { createPodCounters } from '../../../src/calls/pods/limits.ts';
import type { PodOperation } from '../../../src/calls/pods/operation.ts';
import { createPodOperations } from '../../../src/calls/pods/operations.ts';
import { createWaitCounters, defaultWaitLimits, type WaitLimits } from '../../../src/calls/waits/limits.ts';
import type { ToldWait } from '../../../src/calls/waits/wait.ts';
import { createWaits } from '../../../src/calls/waits/waits.ts';
import { noFacts } from '../../../src/cri/facts.ts';
import { aCall } from '../../support/a-call.ts';

const zero = 1_795_476_336_000_000_000n;
export const at = (seconds: number): bigint => zero + BigInt(Math.round(seconds * 1e6)) * 1000n;

/** A call of the pod `web` but where it says another, its times in seconds. */
export interface Played {
  readonly rpc: string;
  readonly from: number;
  readonly to: number;
  readonly pod?: string;
  readonly container?: string;
  readonly image?: string;
  readonly failed?: true;
  readonly call?: Partial<Call>;
}

let streams = 1;

export const callOf = ({ rpc, from, to, pod = 'web', container, image, failed, call }: Played): Call => {
  const base = aCall();
  streams += 2;
  return {
    ...base,
    rpc,
    stream: streams,
    start: at(from),
    end: at(to),
    requestReadAt: at(from),
    facts: {
      ...noFacts,
      pod: { namespace: 'default', name: pod, uid: `uid of ${pod}`, attempt: 0 },
      sandboxId: `sandbox of ${pod}`,
      containerName: container ?? null,
      containerAttempt: container === undefined ? null : 0,
      containerId: container === undefined ? null : `${container} of ${pod}`,
      image: image ?? null,
    },
    result: {
      ...base.result,
      status: failed ? 'UNKNOWN' : 'OK',
      statusCode: failed ? 2 : 0,
    },
    ...call,
  };
};

export interface PlayedCourse {
  /** All that was told, in its order. */
  readonly told: readonly Finding[];
  readonly operations: readonly PodOperation[];
  /** Of the first operation of `web`: `pull_queue 1.2-3.4 behind PullImage of default/api`. */
  readonly course: readonly string[];
  readonly waits: readonly ToldWait[];
  readonly breakdown: string;
}

const seconds = (time: bigint): string => (Number(time - zero) / 1e9).toFixed(2);

export const waitText = (wait: ToldWait): string =>
  [
    `${wait.on} ${seconds(wait.start)}-${seconds(wait.end)}`,
    ...('phase' in wait ? [`of ${wait.phase.phase}`] : []),
    ...(wait.on === 'kernel' ? [wait.name] : []),
    ...(wait.behindText === null ? [] : [`behind ${wait.behindText}`]),
  ].join(' ');

/** The calls in the order of their ends, through the operations and then the waits; then ten minutes of nothing. */
export const play = (
  calls: readonly Played[],
  also: readonly Finding[] = [],
  limits: Partial<WaitLimits> = {},
): PlayedCourse => {
  const pods = createPodOperations(createPodCounters(), createKubelets());
  const waits = createWaits(createWaitCounters(), { ...defaultWaitLimits, ...limits });
  const nothing = createIdentities(defaultIdentityLimits, createIdentityCounters());
  const told: Finding[] = [];
  for (const played of [...calls].sort((a, b) => a.to - b.to)) {
    const call = callOf(played);
    const now = call.end ?? 0n;
    told.push(...waits.due(now));
    const { operation: own, found: over } = pods.ended(call, nothing);
    const found: Finding[] = [{ kind: 'call', call: { ...call, operation: own } }];
    for (const operation of over) found.push({ kind: 'operation', operation });
    told.push(...waits.gate(found, now));
  }
  told.push(...waits.gate([...also], at(600)));
  const rest = pods.finish().map((operation): Finding => ({ kind: 'operation', operation }));
  told.push(...waits.gate(rest, at(600)), ...waits.finish());
  const operations = told.flatMap((finding) => (finding.kind === 'operation' ? [finding.operation] : []));
  const course = operations.find(({ pod }) => pod.name === 'web')?.course ?? null;
  return {
    told,
    operations,
    course: course?.waits.map(waitText) ?? [],
    waits: course?.waits ?? [],
    breakdown: course?.breakdown ?? '',
  };
};
