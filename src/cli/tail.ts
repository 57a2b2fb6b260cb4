import type { Command } from 'commander';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addFilterFlags } from './filter-flags.ts';
import { addFormatFlag, type OutputFormat } from './format-flag.ts';
import { addConfigFlag, configuredStore, storedPath } from './stored-source.ts';

const define = (command: Command, context: CommandContext): void => {
  command.argument('[path]', storedPath);
  addFormatFlag(command);
  const filters = addFilterFlags(command);
  command.option('-f, --follow', 'go on with what is added, until it is stopped');
  addConfigFlag(command).action(
    async (path: string | undefined, flags: { output: OutputFormat; follow?: true }) => {
      const configured = configuredStore(command, context);
      const { runTail } = await import('./tail-run.ts');
      await runTail(
        { path: path ?? null, configured, format: flags.output, follow: flags.follow === true, filters },
        context,
      );
    },
  );
  command.addHelpText(
    'after',
    '\nWithout --last and --since: the last 20. A store may be read while an agent writes to it.',
  );
  withExamples(command, [
    ['critrace tail -f', 'what the agent finds, as it is stored'],
    ['critrace tail ./store --not --status OK --since 10m', 'what went wrong of late'],
    ['critrace tail ./store -f -o json | jq .rpc', 'for a program'],
  ]);
};

export const tailCommand: CommandModule = { define };
