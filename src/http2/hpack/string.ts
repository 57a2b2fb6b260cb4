import { badHuffman, decodeHuffman, maxDecodedLength } from './huffman.ts';
import { badInteger, type Cursor, readInteger } from './integer.ts';

/** A string literal read: its text as latin1, or why there is none. After `over_limit` the cursor is behind it. */
export type StringResult = string | { readonly failed: 'malformed' | 'over_limit' };

const malformed: StringResult = { failed: 'malformed' };
const overLimit: StringResult = { failed: 'over_limit' };

/** First size of the buffer that strings are unpacked into; it grows up to what the limit allows. */
const initialScratch = 256;

/** Reads string literals (RFC 7541 section 5.2) of at most `limit` octets, decoded. */
export const createStringReader = (limit: number): ((cursor: Cursor) => StringResult) => {
  let scratch = Buffer.allocUnsafe(initialScratch);
  const room = (octets: number): Buffer => {
    if (octets > scratch.length) scratch = Buffer.allocUnsafe(Math.max(octets, scratch.length * 2));
    return scratch;
  };

  return (cursor) => {
    const { bytes } = cursor;
    const huffman = ((bytes[cursor.at] ?? 0) & 0x80) !== 0;
    const length = readInteger(cursor, 0x7f);
    if (length === badInteger || length > cursor.end - cursor.at) return malformed;
    const from = cursor.at;
    const to = from + length;
    cursor.at = to;
    if (length === 0) return '';
    // A coded string may be shorter than its text or, wastefully, up to 30/8 times as long: both are bounded.
    if (length > limit) return overLimit;
    const target = room(huffman ? maxDecodedLength(length) : length);
    let written = length;
    if (huffman) {
      written = decodeHuffman(bytes, from, to, target);
      if (written === badHuffman) return malformed;
      if (written > limit) return overLimit;
    } else {
      for (let at = from; at < to; at++) target[at - from] = bytes[at] ?? 0;
    }
    return target.toString('latin1', 0, written);
  };
};
