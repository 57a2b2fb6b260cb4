import { type Command, InvalidArgumentError } from 'commander';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addFilterFlags } from './filter-flags.ts';
import { addFormatFlag, type OutputFormat } from './format-flag.ts';

const parsePace = (value: string): number => {
  const factor = /^\d+(\.\d+)?$/.test(value) ? Number(value) : 0;
  if (!(factor > 0 && Number.isFinite(factor))) {
    throw new InvalidArgumentError(
      'Allowed: a factor above 0, such as 1 (as recorded) or 10 (ten times faster).',
    );
  }
  return factor;
};

const define = (command: Command, context: CommandContext): void => {
  command.argument('<file>', 'a capture, .jsonl.gz or .jsonl; - is standard input');
  addFormatFlag(command);
  const filters = addFilterFlags(command);
  command
    .option(
      '--pace [factor]',
      'at the speed it was recorded, or so many times faster (default: as fast as it goes)',
      parsePace,
    )
    .option('--full', 'decode whole messages; secrets are shown as [redacted] (with -o json)')
    .action(async (file: string, flags: { output: OutputFormat; pace?: number | true; full?: true }) => {
      const { runReplay } = await import('./replay-run.ts');
      await runReplay(
        {
          file,
          format: flags.output,
          pace: flags.pace === undefined ? null : flags.pace === true ? 1 : flags.pace,
          full: flags.full === true,
          filters,
        },
        context,
      );
    });
  withExamples(command, [
    ['critrace replay cri.jsonl.gz', 'one line a call, for a person'],
    ['critrace replay cri.jsonl.gz -o json', 'one JSON object a line, for a program'],
    ['critrace replay cri.jsonl.gz -o otlp > spans.jsonl', 'spans as OTLP/JSON lines, for Jaeger'],
    ['critrace replay cri.jsonl.gz --pod kube-system/ --not --status OK', 'what went wrong for some pods'],
    ['critrace replay cri.jsonl.gz --since 5m --min-duration 1s', 'what was slow in the last five minutes'],
    ['zcat a.gz | critrace replay - --last 20', 'the end of what standard input brings'],
  ]);
};

export const replayCommand: CommandModule = { define };
