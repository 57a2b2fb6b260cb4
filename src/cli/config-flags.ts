import { type Command, Option } from 'commander';
import type { OptionGroup } from '../config/option.ts';
import { type OptionName, optionOf, optionsOfGroups, ownVariable } from '../config/options.ts';
import { type ResolvedConfig, resolveConfig } from '../config/resolve.ts';
import type { CommandContext } from './command.ts';

const toOption = (name: OptionName): Option => {
  const { short, placeholder, doc, defaultText, value } = optionOf(name);
  const letter = short === null ? '' : `-${short}, `;
  const notes = `default: ${defaultText}; env: ${ownVariable(name)}`;
  const option = new Option(`${letter}--${name} <${placeholder}>`, `${doc.replaceAll('`', '')} (${notes})`);
  // For completion only: commander's own check would not say where a value may come from.
  if (value.choices !== null) option.argChoices = [...value.choices];
  return option;
};

/** Flags for the options of these groups, and `--config`. */
export const addConfigFlags = (command: Command, groups: readonly OptionGroup[]): Command => {
  for (const name of optionsOfGroups(groups)) command.addOption(toOption(name));
  return command.option(
    '--config <file>',
    'configuration file (default: /etc/critrace/config.yaml where it exists; env: CRITRACE_CONFIG)',
  );
};

const attributeName = (name: OptionName): string => new Option(`--${name} <value>`).attributeName();

/** The effective configuration for a command's flags. Throws ConfigError. */
export const configOf = (
  command: Command,
  groups: readonly OptionGroup[],
  context: CommandContext,
): ResolvedConfig => {
  const given: Readonly<Record<string, unknown>> = command.opts();
  const flags: Partial<Record<OptionName, unknown>> = {};
  for (const name of optionsOfGroups(groups)) flags[name] = given[attributeName(name)];
  return resolveConfig({
    flags,
    env: context.env,
    file: typeof given.config === 'string' ? given.config : null,
  });
};
