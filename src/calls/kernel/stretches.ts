import { shareNames } from './part-names.ts';
import type { Stretch } from './shares.ts';
import type { KernelPart } from './story.ts';

/**
 * What explains the time of a call: parts that no other part started. Of a call that is over not what went on after
 * it, which was not waited for.
 */
export const stretchesOf = (parts: readonly KernelPart[], isOver: boolean): readonly Stretch[] =>
  parts
    .filter(({ parent, outlives }) => parent === null && (!outlives || !isOver))
    .map(({ what, start, end }) => ({ ...shareNames(what), start, end }));
