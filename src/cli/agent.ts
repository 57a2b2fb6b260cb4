import type { Command } from 'commander';
import { allGroups } from '../config/options.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addConfigFlags, configOf } from './config-flags.ts';

const define = (command: Command, context: CommandContext): void => {
  addConfigFlags(command, allGroups).action(async () => {
    const resolve = (): ResolvedConfig => configOf(command, allGroups, context);
    const resolved = resolve();
    const { runAgent } = await import('./agent-run.ts');
    await runAgent(resolved, resolve, context);
  });
  command.addHelpText(
    'after',
    '\nSIGTERM and SIGINT stop it: it sends what it holds and exits 0. SIGHUP reads the configuration anew:\n--log-level, --stop-timeout, --round-*, --store-file*, --metrics-* and --page-*, with what the files of the page hold,\ncount from then on; all else is named, and waits for a restart, as does what was off at the start. What is wrong\nchanges nothing. SIGUSR2 logs all counters.',
  );
  withExamples(command, [
    ['critrace agent', 'with /etc/critrace/config.yaml, or none'],
    ['critrace agent --otlp-endpoint http://localhost:4317', 'spans to a collector'],
    ['critrace agent --store-dir /var/lib/critrace/store', 'spans to files that Jaeger can open'],
  ]);
};

export const agentCommand: CommandModule = { define };
