import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import type { Caller } from '../caller.ts';

/**
 * What a kubelet does again and again. `runtime_status`: `Status`; `node_status`: `Version`, which it also asks for when
 * it starts something. `pod_status`: it looks at one pod, after it did something with it. `list`: a
 * list or two whose purpose does not show.
 */
export type RoundKind =
  | 'pleg_relist'
  | 'housekeeping'
  | 'log_rotation'
  | 'container_gc'
  | 'image_gc'
  | 'image_list'
  | 'stats'
  | 'runtime_status'
  | 'node_status'
  | 'pod_status'
  | 'list';

/** Tells a round from all others: the call that it began with. */
export type RoundHead = Pick<Call, 'connection' | 'connectionOrdinal' | 'stream' | 'start' | 'caller'>;

/** The round that a call is part of; what kind it is shows only when it is over. */
export interface CallRound {
  readonly head: RoundHead;
}

export interface SlowestCall {
  readonly connection: number;
  readonly stream: number;
  readonly rpc: string;
  /** `namespace/pod`, and the container's name. */
  readonly subject: string | null;
  readonly durationNs: Nanos;
}

export interface Round {
  readonly kind: RoundKind;
  readonly head: RoundHead;
  readonly endpoint: string;
  readonly caller: Caller;
  readonly start: Nanos;
  readonly end: Nanos;
  readonly calls: number;
  readonly errors: number;
  /** The first call that failed, and how. */
  readonly failure: string | null;
  /** Pods that were looked at one by one. */
  readonly pods: number;
  /** What the lists had, the longest of each. */
  readonly sandboxes: number | null;
  readonly containers: number | null;
  /** From the first call's begin to the end of the lists that it begins with; the rest is the fan-out. */
  readonly listNs: Nanos;
  readonly slowest: SlowestCall | null;
  /** Since the round of this kind before it began; null for the first that was seen. */
  readonly intervalNs: Nanos | null;
  /** Of a relist: how old the one before it was when this one's lists were there. What a kubelet's health rests on. */
  readonly staleNs: Nanos | null;
  /** The relist before it was older than a kubelet allows: it called its node NotReady until this one. */
  readonly isUnhealthy: boolean;
  /** Of the client's own traces, where it sends them: one of each, bounded. */
  readonly traceparents: readonly string[];
  readonly explanation: string;
}

/** Without a relist for so long a kubelet says "PLEG is not healthy", and its node becomes NotReady. */
export const plegThresholdNs: Nanos = 180_000_000_000n;
