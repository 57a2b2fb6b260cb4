import { endOfString, huffmanCodes } from './huffman-code.ts';

/**
 * The code as a state machine that eats four bits at a time. A state is an inner node of the code's tree (there are
 * 256); no code is shorter than five bits, so a step yields at most one symbol. One step, packed:
 *
 *     bit 17      bit 16     bits 15..8   bits 7..0
 *     impossible  a symbol   the symbol   next state
 */
const yields = 1 << 16;
const impossible = 1 << 17;

interface Machine {
  /** Indexed by state * 16 + nibble. */
  readonly steps: Uint32Array;
  /** 1 for a state in which a string may end: what is left over is fewer than 8 bits, all ones (RFC 7541 section 5.2). */
  readonly mayEnd: Uint8Array;
}

const build = (): Machine => {
  // Inner nodes are numbered from 0, the root; a leaf is -1 - symbol. children[2 * node + bit].
  const children: number[] = [0, 0];
  for (const { symbol, code, length } of huffmanCodes()) {
    let node = 0;
    for (let shift = length - 1; shift >= 0; shift--) {
      const edge = 2 * node + (Math.floor(code / 2 ** shift) & 1);
      const child = children[edge] ?? 0;
      if (shift === 0) children[edge] = -1 - symbol;
      else if (child > 0) node = child;
      else {
        const fresh = children.length / 2;
        children.push(0, 0);
        children[edge] = fresh;
        node = fresh;
      }
    }
  }
  const states = children.length / 2;
  const steps = new Uint32Array(states * 16);
  for (let state = 0; state < states; state++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let node = state;
      let step = 0;
      for (let shift = 3; shift >= 0; shift--) {
        const child = children[2 * node + ((nibble >> shift) & 1)] ?? 0;
        if (child >= 0) node = child;
        else if (-1 - child === endOfString) step = impossible;
        else {
          step = yields | ((-1 - child) << 8);
          node = 0;
        }
        if (step === impossible) break;
      }
      steps[state * 16 + nibble] = step === impossible ? impossible : step | node;
    }
  }
  const mayEnd = new Uint8Array(states);
  for (let bits = 0, node = 0; bits < 8; bits++, node = children[2 * node + 1] ?? 0) mayEnd[node] = 1;
  return { steps, mayEnd };
};

const { steps, mayEnd } = build();

export const badHuffman = -1;

/** Octets that `length` coded octets can become at most: the shortest code has five bits. */
export const maxDecodedLength = (length: number): number => Math.floor((length * 8) / 5);

/** Decodes into `target`, which has room for `maxDecodedLength`; returns how many octets, or `badHuffman`. */
export const decodeHuffman = (bytes: Uint8Array, from: number, to: number, target: Uint8Array): number => {
  let state = 0;
  let written = 0;
  for (let at = from; at < to; at++) {
    const octet = bytes[at] ?? 0;
    const high = steps[(state << 4) | (octet >> 4)] ?? impossible;
    if (high >= yields) {
      if (high === impossible) return badHuffman;
      target[written++] = (high >> 8) & 0xff;
    }
    const low = steps[((high & 0xff) << 4) | (octet & 0xf)] ?? impossible;
    if (low >= yields) {
      if (low === impossible) return badHuffman;
      target[written++] = (low >> 8) & 0xff;
    }
    state = low & 0xff;
  }
  return mayEnd[state] === 1 ? written : badHuffman;
};
