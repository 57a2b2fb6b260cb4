/** Longest head: a tag of 5 bytes and a varint of 10. */
export const maxHeadBytes = 15;

/**
 * What a field begins with: its tag, and its value or, where it is length-delimited, the size of its value.
 * `size`: bytes of the head; `rest`: bytes of the value behind it.
 */
export interface Head {
  tag: number;
  size: number;
  rest: number;
}

export type HeadState = 'complete' | 'incomplete' | 'malformed';

/** Length of the varint at `from`; 0 when it does not end before `to`, -1 when it cannot be one. */
const varintLength = (bytes: Uint8Array, from: number, to: number, longest: number): number => {
  for (let at = from; at < to && at - from < longest; at++) {
    if ((bytes[at] ?? 0) < 128) return at - from + 1;
  }
  return to - from >= longest ? -1 : 0;
};

/** A varint of at most 5 bytes as an unsigned number that may pass 2^32. */
const varint = (bytes: Uint8Array, from: number, length: number): number => {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 128 + ((bytes[from + i] ?? 0) & 127);
  return value;
};

/** Reads the head of a field at `from` into `head`. Groups do not exist in proto3: they are malformed. */
export const readHead = (bytes: Uint8Array, from: number, to: number, head: Head): HeadState => {
  const octet = bytes[from] ?? 0;
  const next = bytes[from + 1] ?? 0x80;
  // Of nearly all fields tag and size are one octet each.
  if (octet >= 8 && octet < 0x80 && (octet & 7) === 2 && next < 0x80 && to - from >= 2) {
    head.tag = octet;
    head.size = 2;
    head.rest = next;
    return 'complete';
  }
  const tagLength = varintLength(bytes, from, to, 5);
  if (tagLength <= 0) return tagLength === 0 ? 'incomplete' : 'malformed';
  const tag = varint(bytes, from, tagLength);
  if (tag > 0xffffffff || tag < 8) return 'malformed';
  head.tag = tag;
  head.rest = 0;
  const at = from + tagLength;
  switch (tag & 7) {
    case 0: {
      const length = varintLength(bytes, at, to, 10);
      if (length <= 0) return length === 0 ? 'incomplete' : 'malformed';
      head.size = tagLength + length;
      return 'complete';
    }
    case 1:
    case 5:
      head.size = tagLength + ((tag & 7) === 1 ? 8 : 4);
      return to - from < head.size ? 'incomplete' : 'complete';
    case 2: {
      const length = varintLength(bytes, at, to, 5);
      if (length <= 0) return length === 0 ? 'incomplete' : 'malformed';
      head.size = tagLength + length;
      head.rest = varint(bytes, at, length);
      return head.rest > 0x7fffffff ? 'malformed' : 'complete';
    }
    default:
      return 'malformed';
  }
};
