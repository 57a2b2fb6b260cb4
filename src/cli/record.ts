import type { Command } from 'commander';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addConfigFlags, configOf } from './config-flags.ts';
import { liveGroups } from './live-groups.ts';

const define = (command: Command, context: CommandContext): void => {
  addConfigFlags(
    command.requiredOption('-o, --output <file>', 'the capture, .jsonl.gz; never an existing file'),
    liveGroups,
  ).action(async (flags: { output: string }) => {
    const resolved = configOf(command, liveGroups, context);
    const { runRecord } = await import('./record-run.ts');
    await runRecord({ resolved, file: flags.output }, context);
  });
  withExamples(command, [['critrace record -o cri.jsonl.gz', 'until Ctrl-C']]);
};

export const recordCommand: CommandModule = { define };
