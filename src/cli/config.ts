import { type Command, Option } from 'commander';
import { allGroups } from '../config/options.ts';
import { printConfigJson, printConfigYaml } from '../config/print.ts';
import { optionsReference } from '../config/reference.ts';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addConfigFlags, configOf } from './config-flags.ts';
import { textLog } from './messages.ts';

const define = (command: Command, context: CommandContext): void => {
  const print = command
    .command('print')
    .description('print the effective configuration and where each value was set')
    .addOption(
      new Option('-o, --output <format>', 'form of the answer').choices(['yaml', 'json']).default('yaml'),
    );
  addConfigFlags(print, allGroups).action((flags: { output: string }) => {
    const resolved = configOf(print, allGroups, context);
    const log = textLog(context.stderr);
    for (const warning of resolved.warnings) log('warn', warning);
    context.stdout.write(flags.output === 'json' ? printConfigJson(resolved) : printConfigYaml(resolved));
  });
  withExamples(print, [
    ['critrace config print', 'as YAML that is itself a configuration file'],
    ['critrace config print --config ./critrace.yaml -o json', 'what a file would give'],
  ]);
  command
    .command('options')
    .description('list every option with its type, default, variables and meaning, as Markdown')
    .action(() => {
      context.stdout.write(optionsReference());
    });
  withExamples(command, [
    ['critrace config print', 'what is in force, and why'],
    ['critrace config options', 'all options there are'],
  ]);
};

export const configCommand: CommandModule = { define };
