import { endOfString, huffmanCodes } from '../../http2/hpack/huffman-code.ts';

interface FillerCode {
  readonly code: number;
  readonly length: number;
}

/** One code for each length that the alphabet has, a printable character's where there is one. */
const byLength = new Map<number, FillerCode>();
const isPrintable = (symbol: number): boolean => symbol > 0x20 && symbol < 0x7f;
const codes = huffmanCodes().filter(({ symbol }) => symbol !== endOfString);
for (const { code, length } of [
  ...codes.filter(({ symbol }) => isPrintable(symbol)),
  ...codes.filter(({ symbol }) => !isPrintable(symbol)),
]) {
  if (!byLength.has(length)) byLength.set(length, { code, length });
}

const lengths = [...byLength.keys()].sort((a, b) => b - a);
const shortest = Math.min(...lengths);

/**
 * Overwrites `bytes` with the Huffman coding of some text of exactly `symbols` characters, padded by fewer than
 * eight ones (RFC 7541 section 5.2): both the coded and the decoded length stay, so a dynamic table evicts the same
 * entries. False when no text has these two lengths; `bytes` are then as they were.
 */
export const fillHuffman = (bytes: Uint8Array, symbols: number): boolean => {
  const chosen = chooseCodes(bytes.length * 8, symbols);
  if (chosen === null) return false;
  let accumulator = 0n;
  let bits = 0;
  let at = 0;
  for (const { code, length } of chosen) {
    accumulator = (accumulator << BigInt(length)) | BigInt(code);
    bits += length;
    while (bits >= 8) {
      bits -= 8;
      bytes[at++] = Number((accumulator >> BigInt(bits)) & 0xffn);
      accumulator &= (1n << BigInt(bits)) - 1n;
    }
  }
  if (bits > 0) bytes[at] = Number((accumulator << BigInt(8 - bits)) & 0xffn) | (0xff >> bits);
  return true;
};

/** Codes whose lengths sum up to between `bits - 7` and `bits`: the shortest one for each, then as many longer ones as fit. */
const chooseCodes = (bits: number, symbols: number): FillerCode[] | null => {
  let spare = bits - symbols * shortest;
  if (spare < 0) return null;
  const chosen: FillerCode[] = [];
  for (let left = symbols; left > 0; left--) {
    const wanted = lengths.find((length) => length - shortest <= spare) ?? shortest;
    const code = byLength.get(wanted);
    if (code === undefined) return null;
    chosen.push(code);
    spare -= wanted - shortest;
  }
  return spare < 8 ? chosen : null;
};
