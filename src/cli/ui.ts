import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addConfigFlag, storedConfig } from './stored-source.ts';

const parsePort = (value: string): number => {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('Allowed: a number from 0 (any free port) to 65535.');
  return port;
};

const define = (command: Command, context: CommandContext): void => {
  command
    .argument(
      '[path]',
      "a store's folder, a file of it, or a capture (default: the agent that runs here, else store-dir)",
    )
    .addOption(
      new Option('--port <number>', 'of 127.0.0.1, for what is no running agent')
        .argParser(parsePort)
        .default(9466),
    )
    .option('--open', 'open it in a browser, by xdg-open');
  addConfigFlag(command).action(async (path: string | undefined, flags: { port: number; open?: true }) => {
    const config = storedConfig(command, context);
    const { runUi } = await import('./ui-run.ts');
    await runUi(
      {
        path: path ?? null,
        configured: config['store-dir'],
        port: flags.port,
        agent: config['page-listen'],
        open: flags.open === true,
      },
      context,
    );
  });
  command.addHelpText(
    'after',
    `
Prints the address on standard output and serves it until it is stopped; for a running agent, which serves its page
itself, it only prints. With --open a browser is asked to show it, too. On the page a capture can be dropped, too: it is read by this process and sent nowhere.
From another machine: ssh -L 9466:127.0.0.1:9466 NODE`,
  );
  withExamples(command, [
    ['critrace ui', 'the page of the agent on this machine'],
    ['critrace ui --open', 'the same, in a browser'],
    ['critrace ui /var/lib/critrace/store', 'of what an agent has stored'],
    ['critrace ui cri.jsonl.gz', 'of a capture'],
  ]);
};

export const uiCommand: CommandModule = { define };
