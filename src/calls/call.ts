import type { CallFacts } from '../cri/facts.ts';
import type { Nanos } from '../foundation/time.ts';
import type { CallEnd } from '../grpc/event.ts';
import type { Caller } from './caller.ts';
import type { KernelStory } from './kernel/story.ts';
import type { CrashLoop } from './negotiation/predecessors.ts';
import type { CallOperation } from './pods/operation.ts';
import type { CallRound } from './rounds/round.ts';

/**
 * Where a call's pod is known from: its own messages, or what messages before it told of an id that it names. Of a call
 * without a pod the same is said of its container or image.
 */
export type IdentitySource = 'call' | 'cache';

export type MethodSource = 'read' | 'inferred' | 'unknown';

/** One RPC, from its first byte to its last, with what is known about it. Plain data: the unit that spans, stores and printers take. */
export interface Call {
  readonly connection: number;
  readonly stream: number;
  /** 0 at first; a later one with the same connection and stream replaces it. */
  readonly revision: number;
  readonly endpoint: string;
  /** Ordinal of this connection among its caller's connections: part of the span's identity. */
  readonly connectionOrdinal: number;
  /** `runtime.v1.RuntimeService/RunPodSandbox`; null unless fully known. */
  readonly method: string | null;
  readonly rpc: string | null;
  readonly service: 'RuntimeService' | 'ImageService' | null;
  readonly apiVersion: 'v1' | 'v1alpha2' | null;
  readonly methodSource: MethodSource;
  /** 0 to 1 where `methodSource` is `inferred`. */
  readonly methodConfidence: number | null;
  /** Of an unknown method: the few that are left, the likeliest first. Empty where it is known, or where many are left. */
  readonly methodCandidates: readonly string[];
  /** The first call of its process on this API version of the service: a step of the negotiation. */
  readonly isProbe: boolean;
  /** The crash loop of its program, of which this step is one more turn. */
  readonly loop: CrashLoop | null;
  /** The call streams replies for as long as the client likes (GetContainerEvents). */
  readonly streaming: boolean;
  /** First byte of the request: `requestSentAt` where known, else `requestReadAt`. Null when it was not seen. */
  readonly start: Nanos | null;
  /** When the client wrote the first byte of the request; null where only one time per byte is known. */
  readonly requestSentAt: Nanos | null;
  /** When the runtime read the first byte of the request, or, with one time per byte, when it was observed. */
  readonly requestReadAt: Nanos | null;
  /** When the client read the last byte (trailers, reset) or the connection closed; null while in flight. */
  readonly end: Nanos | null;
  /** When the runtime wrote the last byte; null where only one time per byte is known. */
  readonly responseSentAt: Nanos | null;
  /** The times of writing are bounds: what was written was written then or earlier. */
  readonly sentBound: boolean;
  readonly result: CallEnd;
  readonly timeoutNs: Nanos | null;
  readonly caller: Caller;
  readonly server: {
    readonly pid: number | null;
    readonly pidStart: bigint | null;
    readonly comm: string | null;
  };
  readonly authority: string | null;
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  readonly baggageKeys: readonly string[];
  /** Completed from what earlier messages told. */
  readonly facts: CallFacts;
  /** Null: the call concerns no pod, container or image that is known. */
  readonly identitySource: IdentitySource | null;
  /** The start or stop of a pod or container that it belongs to. */
  readonly operation: CallOperation | null;
  /** The round of a kubelet's loop that it belongs to. */
  readonly round: CallRound | null;
  /** What the kernel saw of the work for it; null: not watched, or the call makes no work. */
  readonly kernel: KernelStory | null;
  /** What the messages could not tell: fields newer than the schema, messages that broke off. */
  readonly unknownFields: number;
  readonly brokenMessages: number;
  /** Decoded, redacted messages, where a person asked for them (`--full`). */
  readonly full: { readonly request: readonly unknown[]; readonly response: readonly unknown[] } | null;
}
