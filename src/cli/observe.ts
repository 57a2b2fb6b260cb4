import type { Command } from 'commander';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addConfigFlags, configOf } from './config-flags.ts';
import { addFilterFlags } from './filter-flags.ts';
import { addFormatFlag, type OutputFormat } from './format-flag.ts';
import { liveGroups } from './live-groups.ts';

const define = (command: Command, context: CommandContext): void => {
  command.addHelpText(
    'before',
    'Listens on a socket of its own and relays to the runtime: calls are seen from whoever is pointed at --listen.\n',
  );
  addFormatFlag(command);
  const filters = addFilterFlags(command);
  addConfigFlags(command, liveGroups)
    .option('--full', 'decode whole messages; secrets are shown as [redacted] (with -o json)')
    .action(async (flags: { output: OutputFormat; full?: true }) => {
      const resolved = configOf(command, liveGroups, context);
      const { runObserve } = await import('./observe-run.ts');
      await runObserve({ resolved, format: flags.output, full: flags.full === true, filters }, context);
    });
  withExamples(command, [
    ['critrace observe', 'all calls through /run/critrace/runtime.sock'],
    ['critrace observe -r /run/crio/crio.sock --listen /tmp/cri.sock', 'from one socket to another'],
    ['critrace observe --pod default/web-* --min-duration 1s', 'what is slow for some pods'],
    ['critrace observe -o json | jq .rpc', 'for a program'],
  ]);
};

export const observeCommand: CommandModule = { define };
