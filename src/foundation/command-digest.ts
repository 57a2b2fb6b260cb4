import { hash } from 'node:crypto';
import { scrubArgument } from './scrub-arguments.ts';

// What a command is compared by where its words need not be known. What looks like a secret is taken out of them before:
// elsewhere they are not seen with it.

export const wordDigest = (word: string): string => hash('sha256', scrubArgument(word));

export const commandDigest = (words: readonly string[]): string => digestOfWords(words.map(wordDigest));

export const digestOfWords = (digests: readonly string[]): string => hash('sha256', digests.join(' '));
