import { type Command, Option } from 'commander';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addFilterFlags } from './filter-flags.ts';

const define = (command: Command, context: CommandContext): void => {
  command
    .argument('<file>', 'a capture, .jsonl.gz or .jsonl; - is standard input')
    .addOption(
      new Option('-o, --output <format>', 'table: for a person; json: one JSON object')
        .choices(['table', 'json'])
        .default('table'),
    )
    .option('--callers', 'who calls, by which API version and methods: those on v1alpha2 first');
  const filters = addFilterFlags(command);
  command.action(async (file: string, flags: { output: string; callers?: boolean }) => {
    const { runCallers, runStats } = await import('./stats-run.ts');
    const request = { file, json: flags.output === 'json', filters };
    await (flags.callers === true ? runCallers(request, context) : runStats(request, context));
  });
  withExamples(command, [
    ['critrace stats cri.jsonl.gz', 'per method: how often, how long, how many errors'],
    ['critrace stats cri.jsonl.gz --method PullImage -o json', 'of one method, for a program'],
    ['critrace stats cri.jsonl.gz --callers', 'who still uses v1alpha2, and what else each caller does'],
  ]);
};

export const statsCommand: CommandModule = { define };
