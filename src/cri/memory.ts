import { createExtracts, type Extract } from './extract.ts';
import type { Draft } from './field-reader.ts';
import { type Head, readHead } from './head.ts';
import type { CriCounters, CriLimits } from './limits.ts';
import type { MessagePlan } from './projection.ts';

/** A message inside of a message, by that of it from which something is kept. */
export interface Remembered {
  readonly plan: MessagePlan;
  readonly extract: Extract;
  readonly set: number;
  /** What was read of it; null: it is new. */
  readonly draft: Draft | null;
}

/**
 * What was read of messages inside of messages. A kubelet lists the same pods and containers every second: what is kept of
 * them is read once, and is shared by all calls from then on.
 */
export interface Memory {
  /** Null: it is none that can be remembered. */
  find(bytes: Uint8Array, from: number, to: number, plan: MessagePlan): Remembered | null;
  /** The draft must not change any more. */
  keep(found: Remembered, draft: Draft): void;
}

/** Places for messages with the same hash: the one that was filled longest ago gives way. */
const ways = 4;

/** Octets of a message that its hash is of: digits of an id, enough to spread. */
const hashedBytes = 8;

/**
 * Of the end of the first value in a message: of nearly all that is an id or a name, which tells it from most others and
 * stays when its state does not.
 */
const createHash = () => {
  const head: Head = { tag: 0, size: 0, rest: 0 };
  return (bytes: Uint8Array, from: number, to: number, plan: MessagePlan): number => {
    let at = from;
    let end = to;
    for (let of: MessagePlan | null = plan; of !== null && readHead(bytes, at, end, head) === 'complete'; ) {
      end = Math.min(end, at + head.size + head.rest);
      of = of.fields[head.tag >>> 3]?.message ?? null;
      if (of !== null) at += head.size;
    }
    // The same id is in messages of several types.
    let hash = plan.fields.length;
    for (let i = Math.max(at, end - hashedBytes); i < end; i++)
      hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x9e3779b1);
    return (hash ^ (hash >>> 15)) >>> 0;
  };
};

export const createMemory = (limits: CriLimits, counters: CriCounters): Memory => {
  const extracts = createExtracts(limits);
  const hashOf = createHash();
  const sets = Math.max(1, Math.floor(limits.maxRemembered / ways));
  const places: (Remembered | null)[] = new Array(sets * ways).fill(null);
  /** Of each set the place that is filled next. */
  const next = new Uint8Array(sets);
  return {
    find(bytes, from, to, plan) {
      const set = hashOf(bytes, from, to, plan) % sets;
      // The newest first: an item that changed stays as it is for a while.
      for (let age = 1; age <= ways; age++) {
        const place = places[set * ways + (((next[set] ?? 0) + ways - age) % ways)] ?? null;
        if (place === null) break;
        if (place.plan === plan && extracts.isOf(place.extract, bytes, from, to, plan)) return place;
      }
      const extract = extracts.take(bytes, from, to, plan);
      return extract === null ? null : { plan, extract, set, draft: null };
    },
    keep({ plan, extract, set }, draft) {
      const way = next[set] ?? 0;
      next[set] = (way + 1) % ways;
      if (places[set * ways + way] !== null) counters.forgotten += 1;
      places[set * ways + way] = { plan, extract, set, draft };
    },
  };
};
