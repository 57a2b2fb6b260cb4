import { type Command, InvalidArgumentError } from 'commander';
import { parseBytes } from '../config/size.ts';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addConfigFlags, configOf } from './config-flags.ts';
import { liveGroups } from './live-groups.ts';

const smallestRotation = 64 * 1024;

const parseRotation = (value: string): number => {
  const size = parseBytes(value);
  if (size === null || size < smallestRotation) {
    throw new InvalidArgumentError('Allowed: a size of at least 64KiB, such as 64MiB or 1GiB.');
  }
  return size;
};

const parseCount = (value: string): number => {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('Allowed: a number from 1 to 999999.');
  return Number(value);
};

const define = (command: Command, context: CommandContext): void => {
  command
    .requiredOption('-o, --output <file>', 'the capture: compressed if it ends in .gz, else plain JSON lines')
    .option('--from <file>', 'what another capture holds instead of what passes now; - is standard input')
    .option('--force', 'replace the file if there is one')
    .option('--rotate-size <size>', 'go on in another file at this size: 64MiB, 1GiB', parseRotation)
    .option('--keep <count>', 'with --rotate-size: keep only the newest so many files', parseCount)
    .option('--redact', 'overwrite secret values with filler of the same length')
    .option('--note <text>', 'a word on what is recorded, for the header');
  addConfigFlags(command, liveGroups).action(
    async (flags: {
      output: string;
      from?: string;
      force?: true;
      rotateSize?: number;
      keep?: number;
      redact?: true;
      note?: string;
    }) => {
      const resolved = configOf(command, liveGroups, context);
      const { runRecord } = await import('./record-run.ts');
      await runRecord(
        {
          resolved,
          from: flags.from ?? null,
          file: flags.output,
          force: flags.force === true,
          rotateBytes: flags.rotateSize ?? null,
          keepFiles: flags.keep ?? null,
          redact: flags.redact === true,
          note: flags.note ?? null,
        },
        context,
      );
    },
  );
  command.addHelpText(
    'after',
    `
A capture holds WHOLE MESSAGES as they passed: environment variables, annotations, registry credentials. Its file
is readable by its owner only (0600); think before you hand it on.
With --redact every value that --full would not show is overwritten in place, so that the file still decodes to the
same calls. What cannot be decoded (compressed messages, methods outside the CRI, connections joined late, all that
follows a lost frame boundary, messages over 32 MiB or open for more than 5 s) is overwritten whole and marked.
Names, ids, image references, statuses, sizes and times stay. Headers outside gRPC's own are overwritten too.
A crash loses at most the last second. The disk is waited for when a file is closed, not before.`,
  );
  withExamples(command, [
    ['critrace record -o cri.jsonl.gz', 'until Ctrl-C'],
    ['critrace record --redact -o cri.jsonl.gz', 'to hand on, for example with a bug report'],
    [
      'critrace record --redact --from cri.jsonl.gz -o out.jsonl.gz',
      'the same of a capture that is there already',
    ],
    ['critrace record -o cri.jsonl.gz --rotate-size 64MiB --keep 4', 'the last 256 MiB, for days'],
    [
      'critrace record --listen /tmp/cri.sock -o cri.jsonl.gz',
      'what passes a socket of its own, without eBPF',
    ],
  ]);
};

export const recordCommand: CommandModule = { define };
