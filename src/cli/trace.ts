import { type Command, Option } from 'commander';
import { type CommandContext, type CommandModule, usageError, withExamples } from './command.ts';
import { addFilterFlags } from './filter-flags.ts';
import { addConfigFlag, configuredStore, storedPath } from './stored-source.ts';

interface Flags {
  readonly output: 'tree' | 'json' | 'otlp';
  readonly from?: string;
  readonly slowest?: true;
}

const define = (command: Command, context: CommandContext): void => {
  command
    .argument('[id]', 'the id of a trace, or at least 6 digits of its beginning')
    .option('--from <path>', storedPath)
    .option('--slowest', 'the longest of the traces that pass the filters (default: the newest)')
    .addOption(
      new Option('-o, --output <format>', 'tree: for a person; json: a line per span; otlp: OTLP/JSON lines')
        .choices(['tree', 'json', 'otlp'])
        .default('tree'),
    );
  const filters = addFilterFlags(command);
  addConfigFlag(command).action(async (id: string | undefined, flags: Flags) => {
    if (id !== undefined && !/^[0-9a-f]{6,32}$/i.test(id)) {
      throw usageError(
        `"${id}" is no id of a trace; allowed: 6 to 32 hexadecimal digits`,
        'critrace trace 4f1c09',
      );
    }
    const configured = configuredStore(command, context);
    const { runTrace } = await import('./trace-run.ts');
    await runTrace(
      {
        id: id?.toLowerCase() ?? null,
        path: flags.from ?? null,
        configured,
        format: flags.output,
        slowest: flags.slowest === true,
        filters,
      },
      context,
    );
  });
  command.addHelpText(
    'after',
    '\nOf a pod, its start is shown before its stop and single calls, the newest one first. Exit code 1: no such trace.',
  );
  withExamples(command, [
    ['critrace trace --pod default/web-0', 'the start of a pod, in the configured store'],
    ['critrace trace --slowest --from ./store', 'the trace that took longest'],
    ['critrace trace 4f1c09 --from cri.jsonl.gz', 'by the beginning of its id, in a capture'],
    ['critrace trace --pod web-0 -o otlp > web-0.jsonl', 'as a file that Jaeger opens'],
  ]);
};

export const traceCommand: CommandModule = { define };
