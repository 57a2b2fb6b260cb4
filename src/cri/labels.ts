import { identityLabels } from './shapes.ts';
import { areSame, type Words, wordsOf } from './words.ts';

interface LabelKey {
  readonly words: Words;
  /** Its place in `identityLabels`. */
  readonly index: number;
}

/** By length, as octets: other keys are never made strings. */
const keys: (LabelKey | undefined)[] = [];
for (const [index, name] of identityLabels.entries()) {
  if (keys[name.length] !== undefined) throw new Error('two identity labels have the same length');
  keys[name.length] = { words: wordsOf(Buffer.from(name, 'latin1')), index };
}

/** Which of the identity labels has this key, by its place among them; -1: none. */
export const identityLabelAt = (words: Words, at: number, size: number): number => {
  const key = keys[size];
  return key !== undefined && areSame(key.words, 0, words, at, size) ? key.index : -1;
};
