import { type Command, Option } from 'commander';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addFilterFlags } from './filter-flags.ts';
import { addConfigFlag, configuredStore, storedPath } from './stored-source.ts';

interface Flags {
  readonly output: string;
  readonly sort: string;
}

const define = (command: Command, context: CommandContext): void => {
  command
    .argument('[path]', storedPath)
    .addOption(
      new Option('-o, --output <format>', 'table: for a person; json: a line per trace')
        .choices(['table', 'json'])
        .default('table'),
    )
    .addOption(
      new Option('--sort <order>', 'time: the newest last; duration: the slowest last')
        .choices(['time', 'duration'])
        .default('time'),
    );
  const filters = addFilterFlags(command);
  addConfigFlag(command).action(async (path: string | undefined, flags: Flags) => {
    const configured = configuredStore(command, context);
    const { runTraces } = await import('./traces-run.ts');
    await runTraces(
      {
        path: path ?? null,
        configured,
        json: flags.output === 'json',
        slowestLast: flags.sort === 'duration',
        filters,
      },
      context,
    );
  });
  command.addHelpText(
    'after',
    '\nA trace is listed when any of its calls, or what it is a trace of, passes the filters. Without --last: the last 20.',
  );
  withExamples(command, [
    ['critrace traces', 'the last traces of the configured store'],
    ['critrace traces ./store --pod default/web-0', 'of a pod'],
    ['critrace traces ./store --since 1h --sort duration --last 5', 'the slowest of the last hour'],
    ['critrace traces cri.jsonl.gz -o json', 'of a capture, for a program'],
  ]);
};

export const tracesCommand: CommandModule = { define };
