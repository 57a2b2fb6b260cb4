import { ConfigError } from '../config/error.ts';
import type { Config } from '../config/options.ts';
import { changesBetween, takeUp } from '../config/reload.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import type { Log } from './messages.ts';

export interface ReloadOptions {
  /** What counts now. */
  readonly current: () => Config;
  readonly resolve: () => ResolvedConfig;
  readonly apply: (next: Config) => Promise<void>;
  readonly log: Log;
}

/**
 * Reads the configuration anew and takes up what can change while the daemon runs. What is wrong with it is logged,
 * and all stays as it was; reloads come one after the other.
 */
export const createReload = ({ current, resolve, apply, log }: ReloadOptions): (() => void) => {
  let last: Promise<void> = Promise.resolve();

  const reload = async (): Promise<void> => {
    const before = current();
    const resolved = resolve();
    for (const warning of resolved.warnings) log('warn', warning);
    const { taken, waiting } = changesBetween(before, resolved.config);
    await apply(takeUp(before, resolved.config));
    log('info', 'reloaded', { config: resolved.file, changed: taken });
    if (waiting.length === 0) return;
    const told = waiting.map(({ name, why }) => `${name} (${why})`).join(', ');
    log('warn', `these options have changed and count after a restart: ${told}`, {
      waiting: waiting.map(({ name }) => name),
    });
  };

  return () => {
    last = last.then(reload).catch((error: unknown) => {
      if (error instanceof ConfigError)
        return log('error', `the configuration stays as it was: ${error.message}; example: ${error.example}`);
      log('error', `a fault of critrace itself, the configuration stays as it was: ${error}`);
    });
  };
};
