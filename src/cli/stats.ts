import { type Command, Option } from 'commander';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addFilterFlags } from './filter-flags.ts';
import { addConfigFlag, configuredStore, storedPath } from './stored-source.ts';

interface Flags {
  readonly output: string;
  readonly callers?: boolean;
}

const define = (command: Command, context: CommandContext): void => {
  command
    .argument('[path]', `${storedPath}; - is a capture on standard input`)
    .addOption(
      new Option('-o, --output <format>', 'table: for a person; json: one JSON object')
        .choices(['table', 'json'])
        .default('table'),
    )
    .option('--callers', 'who calls, by which API version and methods: those on v1alpha2 first');
  const filters = addFilterFlags(command);
  addConfigFlag(command).action(async (path: string | undefined, flags: Flags) => {
    const configured = path === undefined ? configuredStore(command, context) : null;
    const { runCallers, runStats } = await import('./stats-run.ts');
    const request = { path: path ?? null, configured, json: flags.output === 'json', filters };
    await (flags.callers === true ? runCallers(request, context) : runStats(request, context));
  });
  withExamples(command, [
    ['critrace stats', 'of the configured store: methods, callers, what pod starts consist of'],
    ['critrace stats ./store --since 1h --pod kube-system/', 'of the last hour, for some pods'],
    ['critrace stats cri.jsonl.gz --method PullImage -o json', 'of one method of a capture, for a program'],
    ['critrace stats cri.jsonl.gz --callers', 'who still uses v1alpha2, and what else each caller does'],
  ]);
};

export const statsCommand: CommandModule = { define };
