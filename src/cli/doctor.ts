import { type Command, Option } from 'commander';
import type { OptionGroup } from '../config/option.ts';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addConfigFlags, configOf } from './config-flags.ts';

const groups: readonly OptionGroup[] = ['source', 'otlp', 'store'];

const define = (command: Command, context: CommandContext): void => {
  command.addHelpText(
    'before',
    'Asks each runtime for its version, as a kubelet does at its start, and changes nothing.\n',
  );
  command.addOption(
    new Option('-o, --output <format>', 'text: a screen for a person; json: one JSON object')
      .choices(['text', 'json'])
      .default('text'),
  );
  addConfigFlags(command, groups).action(async (flags: { output: string }) => {
    const resolved = configOf(command, groups, context);
    const { runDoctor } = await import('./doctor-run.ts');
    await runDoctor(resolved, flags.output === 'json', context);
  });
  withExamples(command, [
    ['critrace doctor', 'what critrace will see on this machine, and what not'],
    ['critrace doctor -r /run/crio/crio.sock', 'of one runtime: which kubelets would get along with it'],
    ['critrace doctor -o json | jq .kubelet_choices', 'for a program'],
  ]);
  command.addHelpText(
    'after',
    '\nEnds with 0 if a source works, with 1 if one does and something that is configured does not, with 3 if none does.',
  );
};

export const doctorCommand: CommandModule = { define };
