import type { Command } from 'commander';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addConfigFlags, configOf } from './config-flags.ts';
import { addFilterFlags } from './filter-flags.ts';
import { addFormatFlag, type OutputFormat } from './format-flag.ts';
import { liveGroups } from './live-groups.ts';

const define = (command: Command, context: CommandContext): void => {
  command.addHelpText(
    'before',
    'Watches in the kernel who calls the runtime; with --listen it relays instead, for those pointed at that socket.\n',
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
    ['critrace observe', 'all calls on the sockets of this machine'],
    ['critrace observe --listen /tmp/cri.sock', 'those through a socket of its own, without eBPF'],
    ['critrace observe --pod default/web-* --min-duration 1s', 'what is slow for some pods'],
    ['critrace observe -o json | jq .rpc', 'for a program'],
  ]);
};

export const observeCommand: CommandModule = { define };
