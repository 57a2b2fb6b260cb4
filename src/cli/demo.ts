import { type Command, Option } from 'commander';
import type { OptionGroup } from '../config/option.ts';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { addConfigFlags, configOf } from './config-flags.ts';

/** What a demo can be told: where its spans go besides the terminal, and where its page is. */
const groups: readonly OptionGroup[] = ['otlp', 'store', 'page'];

const define = (command: Command, context: CommandContext): void => {
  command
    .option(
      '--follow',
      'pods go on coming and going until Ctrl-C, to be looked at on a page whose address is printed',
    )
    .addOption(
      new Option('--runtime <which>', 'the real containerd, a simulated runtime, or what is possible')
        .choices(['auto', 'containerd', 'simulated'])
        .default('auto'),
    )
    .addOption(
      new Option('--source <which>', 'watch in the kernel, through a relay, or as is possible')
        .choices(['auto', 'tap', 'proxy'])
        .default('auto'),
    );
  addConfigFlags(command, groups).action(
    async (flags: {
      follow?: true;
      runtime: 'auto' | 'containerd' | 'simulated';
      source: 'auto' | 'tap' | 'proxy';
    }) => {
      const resolved = configOf(command, groups, context);
      const { runDemo } = await import('./demo-run.ts');
      const { follow = false, runtime, source } = flags;
      await runDemo({ resolved, follow, runtime, source }, context);
    },
  );
  command.addHelpText(
    'after',
    '\nAll it makes lies in temporary folders and is taken away again; only the file of spans stays.',
  );
  withExamples(command, [
    ['critrace demo', 'one pod, from start to stop'],
    ['critrace demo --follow', 'pods come and go, and a page shows them, until Ctrl-C'],
    ['critrace demo --runtime simulated --follow', 'the same without containerd'],
    ['critrace demo --otlp-endpoint http://localhost:4317', 'the spans to a collector as well'],
  ]);
};

export const demoCommand: CommandModule = { define };
