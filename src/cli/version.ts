import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { type CommandModule, withExamples } from './command.ts';

/** The version of this package: package.json lies two folders above both src/cli and dist/cli. */
export const packageVersion = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  return 'unknown';
};

/** Capture files this version reads and writes. */
const captureVersion = 1;

export const versionCommand: CommandModule = {
  define(command, context) {
    withExamples(
      command
        .addOption(
          new Option('-o, --output <format>', 'form of the answer').choices(['text', 'json']).default('text'),
        )
        .action((flags: { output: string }) => {
          const facts = {
            version: packageVersion(),
            capture: captureVersion,
            node: process.version.slice(1),
            arch: process.arch,
          };
          context.stdout.write(
            flags.output === 'json'
              ? `${JSON.stringify(facts)}\n`
              : `critrace ${facts.version} (capture format ${facts.capture}, Node ${facts.node}, ${facts.arch})\n`,
          );
        }),
      [
        ['critrace version', 'one line'],
        ['critrace version -o json', 'for a script'],
      ],
    );
  },
};
