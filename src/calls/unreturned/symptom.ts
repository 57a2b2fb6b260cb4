import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import type { Caller } from '../caller.ts';

/** What all symptoms say. Identity: the kind and the first call; a higher revision replaces a lower one. */
interface SymptomOf<Kind extends string> {
  readonly kind: Kind;
  readonly revision: number;
  readonly endpoint: string;
  readonly caller: Caller;
  readonly start: Nanos;
  readonly end: Nanos;
  /** The evidence, bounded, without whole messages; never empty. The first is the one that the symptom is about. */
  readonly calls: readonly [Call, ...Call[]];
  readonly explanation: string;
}

/** A call that has been in flight for longer than calls of its method should be. */
export interface StuckCall extends SymptomOf<'stuck_call'> {
  /** Nanoseconds since its first byte was seen; at the end of the call its duration. */
  readonly ageNs: Nanos;
  /** After which its method counts as stuck. */
  readonly boundNs: Nanos;
  readonly ended: boolean;
  /** It began before the observation: the age is the least that it can be. */
  readonly startUnknown: boolean;
}

/** Messages of a stream that goes on for as long as its client likes, since the last report. */
export interface StreamInterval extends SymptomOf<'stream_interval'> {
  readonly messages: number;
  readonly bytes: number;
  readonly totalMessages: number;
  readonly totalBytes: number;
  readonly ended: boolean;
}

/** Why a try did not bring its caller what it asked for; `succeeded` and `not_found` end the chain. */
export type TryEnd =
  | 'deadline'
  | 'cancelled'
  | 'connection_lost'
  | 'name_reserved'
  | 'failed'
  | 'succeeded'
  | 'not_found';

/** What shows that the runtime went on after its client had given up. */
export type ZombieEvidence =
  /** A status came after the client's reset. */
  | 'late_reply'
  /** A later try was told that the name is taken: the earlier call still runs, or ended well unseen. */
  | 'name_reserved'
  /** A server sends nothing on a stream that was reset, so this is the usual case, and shows nothing. */
  | 'none';

export interface Zombie {
  /** When the client gave up: its reset, or the answer that the deadline had passed. */
  readonly since: Nanos;
  readonly deadlineNs: Nanos | null;
  readonly evidence: ZombieEvidence;
  /** The last moment for which the evidence holds; null without any. */
  readonly knownUntil: Nanos | null;
}

/** A call that its client gave up, and the next tries of the same thing. */
export interface RetryChain extends SymptomOf<'retry_chain'> {
  readonly rpc: string;
  readonly subject: Subject;
  /** How the first try that was seen ended. */
  readonly cause: TryEnd;
  readonly count: number;
  readonly ends: Readonly<Partial<Record<TryEnd, number>>>;
  readonly zombie: Zombie | null;
  /** How it ended; null while the next try may come. */
  readonly outcome: 'succeeded' | 'not_found' | 'no_more_tries' | null;
}

/** What is tried again. */
export interface Subject {
  readonly kind: 'pod' | 'sandbox' | 'container' | 'image';
  readonly text: string;
}

export interface Follower {
  readonly rpc: string | null;
  readonly waitedNs: Nanos;
  /** After the end of the first call; below zero where it ended a little before. */
  readonly endedAfterNs: Nanos;
}

/** Calls that ended together right after a longer one that began before them all: `calls` is it, and then they. */
export interface Convoy extends SymptomOf<'convoy'> {
  readonly rpc: string | null;
  readonly followers: readonly Follower[];
  /** All followers, also those beyond the bound of `followers`. */
  readonly count: number;
  readonly withinNs: Nanos;
  /** Against it: calls that began when a follower already waited, and were answered before the first call ended. */
  readonly passed: number;
  /** Against it: calls as old as the followers that still waited afterwards. */
  readonly stillWaiting: number;
}

/** A message near or over the size that gRPC peers accept. */
export interface MessageLimit extends SymptomOf<'message_limit'> {
  readonly method: string | null;
  readonly bytes: number;
  readonly items: number | null;
  readonly limitBytes: number;
  /** The status text gives both numbers. */
  readonly stated: boolean;
  readonly refusedBy: 'server' | 'client' | null;
  readonly direction: 'request' | 'response';
}

/** A method that the runtime refuses, and what its caller does instead. */
export interface FeatureFallback extends SymptomOf<'feature_fallback'> {
  readonly feature: string;
  readonly status: string | null;
  readonly count: number;
  /** The method used instead, once it was seen; null where there is none, or not yet. */
  readonly instead: string | null;
  /** It is not asked for again once refused; null while that cannot be told. */
  readonly sticky: boolean | null;
}

/** What calls show of trouble by their course rather than by their answers. */
export type Symptom = StuckCall | StreamInterval | RetryChain | Convoy | MessageLimit | FeatureFallback;

/** Evidence outlives its call; whole messages do not. */
export const asEvidence = (call: Call): Call => (call.full === null ? call : { ...call, full: null });

export const secondsText = (ns: Nanos): string => {
  const seconds = Number(ns) / 1e9;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
};
