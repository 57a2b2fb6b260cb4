import type { OptionGroup } from '../config/option.ts';

/** The options of everything that watches a live socket. */
export const liveGroups: readonly OptionGroup[] = ['source', 'identity'];
