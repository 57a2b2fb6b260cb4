import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Of this process, as the kernel numbers them. */
export const ownThreads = (): readonly number[] => readdirSync('/proc/self/task').map(Number);

/**
 * Lets others have the processor first, `nice` as of the command. A thread that stands back further already stays, and so
 * does one that has ended meanwhile.
 */
export const standBack = (threads: readonly number[], nice: number): void => {
  for (const thread of threads) {
    try {
      if (getPriority(thread) < nice) setPriority(thread, nice);
    } catch {
      // It has ended.
    }
  }
};
