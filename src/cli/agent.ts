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
    '\nSIGTERM and SIGINT stop it: it sends what it holds and exits 0. SIGHUP reads the configuration and\nthe files that it names anew: what can change counts from then on, what cannot is named, with why, and waits for a\nrestart (docs/reference/configuration.md lists both). What is wrong changes nothing. SIGUSR2 logs all counters.',
  );
  withExamples(command, [
    ['critrace agent', 'with /etc/critrace/config.yaml, or none'],
    ['critrace agent --otlp-endpoint http://localhost:4317', 'spans to a collector'],
    ['critrace agent --store-dir /var/lib/critrace/store', 'spans to files that Jaeger can open'],
  ]);
};

export const agentCommand: CommandModule = { define };
