import { identityLabels } from './shapes.ts';

interface LabelKey {
  readonly bytes: Uint8Array;
  /** Its place in `identityLabels`. */
  readonly index: number;
}

/** By length, as bytes: other keys are never made strings. */
const keys: ReadonlyMap<number, LabelKey> = new Map(
  identityLabels.map((name, index) => [name.length, { bytes: Buffer.from(name, 'latin1'), index }]),
);
if (keys.size !== identityLabels.length) throw new Error('two identity labels have the same length');

const isAt = (bytes: Uint8Array, start: number, key: Uint8Array): boolean => {
  // From the end: the keys have their beginnings in common.
  for (let i = key.length - 1; i >= 0; i--) if (bytes[start + i] !== key[i]) return false;
  return true;
};

/** Which of the identity labels has this key, by its place among them; -1: none. */
export const identityLabelAt = (bytes: Uint8Array, start: number, size: number): number => {
  const key = keys.get(size);
  return key !== undefined && isAt(bytes, start, key.bytes) ? key.index : -1;
};
