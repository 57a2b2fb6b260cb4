import { type Command, Option } from 'commander';

export const outputFormats = ['compact', 'json', 'otlp'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Compact is the default on a terminal and elsewhere: who wants a form to rely on says which. */
export const addFormatFlag = (command: Command): void => {
  command.addOption(
    new Option(
      '-o, --output <format>',
      'compact: for a person; json: a line per finding; otlp: spans as OTLP/JSON lines',
    )
      .choices(outputFormats)
      .default('compact'),
  );
};
