import type { Call } from '../calls/call.ts';
import type { Nanos } from '../foundation/time.ts';
import type { Store } from '../store/store.ts';
import type { DatasetJson, OutlookJson } from './api.ts';

/** What only a process that observes can say. */
export interface LiveFacts {
  now(): Nanos;
  inFlight(): readonly Call[];
  /** All counters of all layers. */
  health(): unknown;
  lostBytes(): number;
  /** Null: it does not watch yet. */
  outlook(): OutlookJson | null;
}

/** Something to look at: what an agent sees, a store, a capture. */
export interface Dataset extends DatasetJson {
  readonly store: Store;
  readonly live: LiveFacts | null;
}
