import { Command } from 'commander';
import type { CommandContext } from './command.ts';
import { commands } from './commands.ts';

const description = `critrace turns what kubelet and container runtime say to each other on the CRI socket into
OpenTelemetry spans, without either of them knowing.`;

const rootExamples = `
Examples:
  critrace demo                            a pod start as one trace, on this machine
  critrace observe                         what passes on the CRI socket, live
  critrace replay cri.jsonl.gz -o json     the calls of a capture, one JSON line each

Exit codes: 0 done; 1 found what was asked about; 2 wrong usage or configuration;
3 the environment does not allow it; 130 and 143 stopped by SIGINT and SIGTERM.`;

/**
 * The command tree. Only the commands in `loaded` have their options: loading one costs what it imports.
 */
export const createProgram = async (
  context: CommandContext,
  loaded: (name: string) => boolean,
): Promise<Command> => {
  const program = new Command('critrace');
  program
    .description(description)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .configureHelp({ helpWidth: 110, showGlobalOptions: false })
    .showSuggestionAfterError()
    .addHelpText('after', rootExamples)
    .option('-V, --version', 'print the version');
  for (const entry of commands) {
    const command = program.command(entry.name).summary(entry.summary).description(entry.summary);
    if (loaded(entry.name)) (await entry.load()).define(command, context);
  }
  return program;
};
