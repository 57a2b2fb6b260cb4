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
    );
  const filters = addFilterFlags(command);
  command.action(async (file: string, flags: { output: string }) => {
    const { runStats } = await import('./stats-run.ts');
    await runStats({ file, json: flags.output === 'json', filters }, context);
  });
  withExamples(command, [
    ['critrace stats cri.jsonl.gz', 'per method: how often, how long, how many errors'],
    ['critrace stats cri.jsonl.gz --method PullImage -o json', 'of one method, for a program'],
  ]);
};

export const statsCommand: CommandModule = { define };
