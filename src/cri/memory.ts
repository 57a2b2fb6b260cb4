import { createExtract } from './extract.ts';
import type { Draft } from './field-reader.ts';
import type { CriCounters, CriLimits } from './limits.ts';
import type { MessagePlan } from './projection.ts';

/** A message inside of a message, by that of it from which something is kept. */
export interface Remembered {
  readonly plan: MessagePlan;
  readonly extract: Int32Array;
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

/** Places for extracts with the same hash: the one that was filled longest ago gives way. */
const ways = 4;

const hashOf = (words: Int32Array, length: number): number => {
  let hash = length;
  for (let at = 0; at < length; at++) {
    hash = Math.imul(hash ^ (words[at] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
};

const isSame = (one: Int32Array, other: Int32Array, length: number): boolean => {
  for (let at = 0; at < length; at++) if (one[at] !== other[at]) return false;
  return true;
};

export const createMemory = (limits: CriLimits, counters: CriCounters): Memory => {
  const extract = createExtract(limits);
  const sets = Math.max(1, Math.floor(limits.maxRemembered / ways));
  const places: (Remembered | null)[] = new Array(sets * ways).fill(null);
  const next = new Uint8Array(sets);
  return {
    find(bytes, from, to, plan) {
      const length = extract.take(bytes, from, to, plan);
      if (length < 0) return null;
      const set = hashOf(extract.words, length) % sets;
      for (let at = set * ways; at < (set + 1) * ways; at++) {
        const place = places[at] ?? null;
        if (place === null) break;
        if (
          place.plan === plan &&
          place.extract.length === length &&
          isSame(place.extract, extract.words, length)
        )
          return place;
      }
      return { plan, extract: extract.words.slice(0, length), set, draft: null };
    },
    keep({ plan, extract: of, set }, draft) {
      const way = next[set] ?? 0;
      next[set] = (way + 1) % ways;
      if (places[set * ways + way] !== null) counters.forgotten += 1;
      places[set * ways + way] = { plan, extract: of, set, draft };
    },
  };
};
