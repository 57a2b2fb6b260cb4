import type { Nanos } from '../../foundation/time.ts';
import type { Caller } from '../caller.ts';
import type { Change } from './change.ts';
import type { CrashLoop, NegotiationRef } from './predecessors.ts';
import type { ApiVersion, CriService, Probe, Verdict } from './verdict.ts';

/** How a process and a runtime came to agree on an API version of one service, or did not. */
export interface Negotiation {
  /** Where the deciding evidence came from. */
  readonly connection: number;
  readonly revision: number;
  readonly endpoint: string;
  readonly service: CriService;
  readonly caller: Caller;
  /** First call of the process to this service. */
  readonly start: Nanos;
  /** End of the deciding call, or the close that decided. */
  readonly end: Nanos;
  readonly probes: readonly Probe[];
  readonly verdict: Verdict;
  /** The deciding evidence is not a probe that was seen. */
  readonly inferred: boolean;
  /** The version of the last call that decided; null while undetermined. */
  readonly version: ApiVersion | null;
  /** What the process of the same kind before this one ended with; null for the first. */
  readonly previous: Verdict | null;
  /** Processes in a row, this one included, that ended with this verdict. */
  readonly count: number;
  readonly change: Change;
  readonly predecessor: NegotiationRef | null;
  /** The processes before gave up, and this one's question was refused or failed as theirs was. */
  readonly loop: CrashLoop | null;
  readonly explanation: string;
}
