import type { Nanos } from '../foundation/time.ts';
import type { Call } from './call.ts';
import type { Caller } from './caller.ts';
import type { Casualty } from './casualties/casualty.ts';
import type { CallerSeen } from './census/caller-seen.ts';
import type { KernelStory } from './kernel/story.ts';
import type { Negotiation } from './negotiation/finding.ts';
import type { PodOperation } from './pods/operation.ts';
import type { Round } from './rounds/round.ts';
import type { Symptom } from './unreturned/symptom.ts';
import type { Upgrade } from './upgrades/upgrade.ts';

/** What befell a connection as such. */
export interface ConnectionFinding {
  readonly finding: 'refused' | 'not_http2' | 'joined' | 'gap';
  readonly connection: number;
  readonly revision: number;
  readonly endpoint: string;
  readonly caller: Caller;
  readonly at: Nanos;
  /** How often this happened to this caller (refused), or bytes lost (gap). */
  readonly count: number;
  readonly detail: string | null;
  /** What was seen, what it means, and what to do. */
  readonly explanation: string;
}

export type Finding =
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'connection'; readonly connection: ConnectionFinding }
  | { readonly kind: 'caller'; readonly seen: CallerSeen }
  | { readonly kind: 'negotiation'; readonly negotiation: Negotiation }
  | { readonly kind: 'operation'; readonly operation: PodOperation }
  | { readonly kind: 'round'; readonly round: Round }
  | { readonly kind: 'upgrade'; readonly upgrade: Upgrade }
  | { readonly kind: 'symptom'; readonly symptom: Symptom }
  | { readonly kind: 'casualty'; readonly casualty: Casualty }
  /** The parts of a call's kernel story. Comes once, after the call. */
  | { readonly kind: 'kernel'; readonly call: Call; readonly story: KernelStory };
