import type { Command } from 'commander';
import type { Config } from '../config/options.ts';
import { resolveConfig } from '../config/resolve.ts';
import type { CommandContext } from './command.ts';

/** Where stored spans are looked for, as the help of the commands on them says it. */
export const storedPath =
  "a store's folder, a file of it, or a capture (default: store-dir of the configuration)";

export const addConfigFlag = (command: Command): Command =>
  command.option('--config <file>', 'configuration file that names the store (env: CRITRACE_CONFIG)');

/** What the configuration says, which has no flags of its own here. */
export const storedConfig = (command: Command, context: CommandContext): Config => {
  const { config }: { readonly config?: unknown } = command.opts();
  const file = typeof config === 'string' ? config : null;
  return resolveConfig({ flags: {}, env: context.env, file }).config;
};

/** The store that is configured, for where no path is given. */
export const configuredStore = (command: Command, context: CommandContext): string | null =>
  storedConfig(command, context)['store-dir'];
