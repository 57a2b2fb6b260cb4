import { other } from './instruments/instrument.ts';

/** Names that peers choose: the first `max` of them as they are, and the rest as one. */
export type BoundedNames = (name: string | null) => string;

export const createBoundedNames = (max: number): BoundedNames => {
  const known = new Set<string>();
  return (name) => {
    if (name === null || name === '') return 'unknown';
    if (known.has(name)) return name;
    if (known.size >= max) return other;
    known.add(name);
    return name;
  };
};
