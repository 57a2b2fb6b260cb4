/** A place in a header block. `at` moves forward as the block is read and never passes `end`. */
export interface Cursor {
  bytes: Uint8Array;
  at: number;
  end: number;
}

/** Not an integer: the block ends inside it, or it is larger than anything HPACK can mean. */
export const badInteger = -1;

/**
 * Octets after the prefix. Four carry 28 bits, more than any index, length or table size that a bounded block can
 * hold, and also bound the leading zeros that RFC 7541 section 5.1 leaves open.
 */
const maxContinuation = 4;

/** Integer with an N-bit prefix (RFC 7541 section 5.1). `prefixMask` is 2^N - 1; the octet at the cursor holds the prefix. */
export const readInteger = (cursor: Cursor, prefixMask: number): number => {
  const { bytes, end } = cursor;
  let at = cursor.at;
  if (at >= end) return badInteger;
  const prefix = (bytes[at++] ?? 0) & prefixMask;
  if (prefix < prefixMask) {
    cursor.at = at;
    return prefix;
  }
  let value = prefix;
  for (let octets = 0; octets < maxContinuation && at < end; octets++) {
    const octet = bytes[at++] ?? 0;
    value += (octet & 0x7f) << (7 * octets);
    if (octet < 0x80) {
      cursor.at = at;
      return value;
    }
  }
  return badInteger;
};
