/** Four words of 32 bits. */
export type State = readonly [number, number, number, number];

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

const [c1, c2, c3, c4] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93];

const finish = (word: number): number => {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
};

/**
 * MurmurHash3, the variant for 32-bit machines with 128 bits of result, of one block of four words, written to `out`. It
 * begins with a state of four words, where the reference repeats a seed of one. Of one state other blocks give other
 * results: each step can be undone.
 */
export const murmur = (
  state: State,
  k1: number,
  k2: number,
  k3: number,
  k4: number,
  out: DataView,
  at: number,
): void => {
  let h1 = state[0];
  let h2 = state[1];
  let h3 = state[2];
  let h4 = state[3];
  h1 = rotate(h1 ^ Math.imul(rotate(Math.imul(k1, c1), 15), c2), 19);
  h1 = (Math.imul(h1 + h2, 5) + 0x561ccd1b) | 0;
  h2 = rotate(h2 ^ Math.imul(rotate(Math.imul(k2, c2), 16), c3), 17);
  h2 = (Math.imul(h2 + h3, 5) + 0x0bcaa747) | 0;
  h3 = rotate(h3 ^ Math.imul(rotate(Math.imul(k3, c3), 17), c4), 15);
  h3 = (Math.imul(h3 + h4, 5) + 0x96cd1c35) | 0;
  h4 = rotate(h4 ^ Math.imul(rotate(Math.imul(k4, c4), 18), c1), 13);
  h4 = (Math.imul(h4 + h1, 5) + 0x32ac3b17) | 0;

  const octets = 16;
  h1 ^= octets;
  h2 ^= octets;
  h3 ^= octets;
  h4 ^= octets;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finish((h2 + h1) | 0);
  h3 = finish((h3 + h1) | 0);
  h4 = finish((h4 + h1) | 0);
  h1 = finish(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  out.setInt32(at, h1, true);
  out.setInt32(at + 4, h2 + h1, true);
  out.setInt32(at + 8, h3 + h1, true);
  out.setInt32(at + 12, h4 + h1, true);
};
