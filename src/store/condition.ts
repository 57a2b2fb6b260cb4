import type { Nanos } from '../foundation/time.ts';

/** One thing asked of a call or of a row. Of one field any may hold; of different fields all must. */
export type Condition =
  | { readonly field: 'method'; readonly pattern: RegExp }
  | { readonly field: 'pod'; readonly namespace: RegExp | null; readonly name: RegExp }
  | { readonly field: 'status'; readonly status: string }
  | { readonly field: 'min-duration'; readonly atLeast: Nanos }
  | { readonly field: 'since'; readonly at: Nanos }
  | { readonly field: 'until'; readonly at: Nanos };

export interface Filter {
  readonly wanted: readonly Condition[];
  /** What any of these holds for is left out (`--not`). */
  readonly unwanted: readonly Condition[];
}

export const everything: Filter = { wanted: [], unwanted: [] };

/** A shell-like pattern: `*` is any text, all else is itself; upper and lower case are the same. */
export const globPattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    'i',
  );
