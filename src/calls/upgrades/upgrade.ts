import type { Nanos } from '../../foundation/time.ts';
import type { Caller } from '../caller.ts';
import type { Change } from '../negotiation/change.ts';
import type { CriService, Verdict } from '../negotiation/verdict.ts';

/** The process behind an endpoint, and what it said of itself. */
export interface RuntimeSeen {
  readonly pid: number | null;
  readonly pidStart: bigint | null;
  readonly comm: string | null;
  /** From the reply to `Version`. */
  readonly name: string | null;
  readonly version: string | null;
}

export type UpgradeEvent =
  /** Another process serves the endpoint, or the same one says another version. */
  | {
      readonly kind: 'runtime';
      readonly at: Nanos;
      readonly before: RuntimeSeen;
      readonly after: RuntimeSeen;
    }
  /** A client came and nobody listened: how often in a row. */
  | { readonly kind: 'unreachable'; readonly at: Nanos; readonly until: Nanos; readonly count: number }
  /** A kubelet's verdict, linked to that of the process before it. Of processes in a row that gave up the last. */
  | {
      readonly kind: 'verdict';
      readonly at: Nanos;
      readonly service: CriService;
      readonly caller: Caller;
      readonly verdict: Verdict;
      readonly change: Change;
      readonly count: number;
    }
  /** A call is served again. */
  | { readonly kind: 'served'; readonly at: Nanos; readonly service: CriService; readonly unservedNs: Nanos };

/** For how long a service gave a kubelet no answer that it could use. */
export interface Unserved {
  readonly service: CriService;
  /** End of the last call that was served; of the first that was not, where none was seen before. */
  readonly since: Nanos;
  /** End of the first that was served again; null: none yet. */
  readonly until: Nanos | null;
}

/** What happened at an endpoint from a change of its runtime, or a kubelet's trouble, until all is served again. */
export interface Upgrade {
  readonly revision: number;
  readonly endpoint: string;
  /** Where the first evidence came from. */
  readonly connection: number;
  readonly caller: Caller;
  readonly start: Nanos;
  readonly end: Nanos;
  readonly isOver: boolean;
  readonly before: RuntimeSeen | null;
  readonly after: RuntimeSeen | null;
  readonly unserved: readonly Unserved[];
  readonly events: readonly UpgradeEvent[];
  readonly eventsDropped: number;
  readonly explanation: string;
}
