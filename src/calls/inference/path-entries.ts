import type { CallHead } from '../../grpc/event.ts';
import { type Belief, conclude, createBelief } from './belief.ts';
import type { Candidate } from './candidates.ts';
import { type Client, twinOdds } from './clients.ts';
import type { InferenceCounters, InferenceLimits } from './limits.ts';

/** A table entry that holds a path. */
export interface PathEntry {
  readonly belief: Belief;
  readonly epoch: number;
  readonly number: number;
  lastUse: number;
}

/** What is believed of the paths of a connection, each alone and next to the others. */
export interface PathEntries {
  /** The entry of a request; one of its own where it has no number. */
  of(head: CallHead): PathEntry;
  /** A path was sent in full. */
  sent(rpc: string): void;
  /** One more use of a belief was weighed. Whether any name is another now. */
  conclude(belief: Belief): boolean;
  /** What holds of the client changed. Whether any name is another now. */
  concludeAll(): boolean;
  /** Those of the table as it is now. */
  current(): Iterable<PathEntry>;
  any(): boolean;
}

/** Two entries of one table hold different paths. */
const namedTwice = 0.02;
/** A path that is sent in full was not in the table; entries used after that hold others. */
const sentInFull = 0.001;
/** A name bears on others, and theirs on more. */
const maxRounds = 4;

export const createPathEntries = (
  candidates: readonly Candidate[],
  client: Client,
  limits: InferenceLimits,
  counters: InferenceCounters,
): PathEntries => {
  const entries = new Map<string, PathEntry>();
  /** When each path was first sent in full to the table as it is now. */
  const sent = new Map<string, number>();
  let clock = 0;
  let epoch = 0;

  const concludeOne = (belief: Belief, entry: PathEntry | null): boolean =>
    conclude(belief, ({ rpc }) => {
      let odds = twinOdds(client, rpc);
      if (entry === null) return odds;
      if ((sent.get(rpc) ?? Number.POSITIVE_INFINITY) < entry.lastUse) odds *= sentInFull;
      for (const other of entries.values()) {
        if (other === entry || other.epoch !== entry.epoch) continue;
        if (other.belief.inferred?.candidate.rpc === rpc) odds *= namedTwice;
      }
      return odds;
    });

  const concludeAll = (): boolean => {
    let isNew = false;
    for (let round = 0; round < maxRounds; round++) {
      let any = false;
      for (const entry of entries.values()) any = concludeOne(entry.belief, entry) || any;
      if (!any) break;
      isNew = true;
    }
    return isNew;
  };

  return {
    of({ path }) {
      clock += 1;
      if (path === null || typeof path === 'string') {
        return { belief: createBelief(candidates), epoch, number: 0, lastUse: clock };
      }
      // Paths that were sent before a loss may be in entries that are known by no name now.
      if (path.epoch !== epoch) sent.clear();
      epoch = path.epoch;
      const number = path.entry;
      const key = `${epoch} ${number}`;
      const entry = entries.get(key) ?? { belief: createBelief(candidates), epoch, number, lastUse: clock };
      entries.delete(key);
      entries.set(key, entry);
      if (entries.size > limits.maxEntries) {
        const [oldest] = entries.keys();
        if (oldest !== undefined) entries.delete(oldest);
        counters.overEntries += 1;
      }
      entry.lastUse = clock;
      return entry;
    },
    sent(rpc) {
      clock += 1;
      if (!sent.has(rpc)) sent.set(rpc, clock);
    },
    conclude(belief) {
      let own: PathEntry | null = null;
      for (const entry of entries.values()) if (entry.belief === belief) own = entry;
      const isNew = concludeOne(belief, own);
      if (isNew && own !== null) concludeAll();
      return isNew;
    },
    concludeAll,
    *current() {
      for (const entry of entries.values()) if (entry.epoch === epoch) yield entry;
    },
    any: () => entries.size > 0,
  };
};
