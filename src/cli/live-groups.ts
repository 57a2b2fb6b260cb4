import type { OptionGroup } from '../config/options.ts';

/** The options of everything that watches a live socket. */
export const liveGroups: readonly OptionGroup[] = ['source', 'identity'];
