import type { Nanos } from '../foundation/time.ts';

/** The largest value of each name in the last one to two windows: what was largest long ago says nothing of now. */
export interface Largest {
  saw(name: string, value: number, at: Nanos): void;
  all(now: Nanos): ReadonlyMap<string, number>;
}

/** Names are bounded by who gives them. */
export const createLargest = (windowNs: Nanos): Largest => {
  let began: Nanos = 0n;
  let before = new Map<string, number>();
  let current = new Map<string, number>();

  const pass = (now: Nanos): void => {
    if (now - began < windowNs) return;
    before = now - began < 2n * windowNs ? current : new Map();
    current = new Map();
    began = now;
  };
  const put = (map: Map<string, number>, name: string, value: number): void => {
    map.set(name, Math.max(map.get(name) ?? 0, value));
  };

  return {
    saw(name, value, at) {
      pass(at);
      put(current, name, value);
    },
    all(now) {
      pass(now);
      const both = new Map(before);
      for (const [name, value] of current) put(both, name, value);
      return both;
    },
  };
};
