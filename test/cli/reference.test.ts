import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { createProgram } from '../../src/cli/program.ts';
import { optionsReference, reloadReference } from '../../src/config/reference.ts';
import { metricsReference } from '../../src/metrics/reference.ts';

/** With this set the pages are written instead of compared. */
const write = process.env.CRITRACE_WRITE_DOCS === '1';

/** Puts `text` between the marks of a page, and holds the page against that. */
const holds = (page: string, mark: string, text: string): void => {
  const file = `docs/reference/${page}.md`;
  const before = readFileSync(file, 'utf8');
  const [from, to] = [`<!-- ${mark}: made by test/cli/reference.test.ts -->\n`, `<!-- end of ${mark} -->`];
  const [begin, end] = [before.indexOf(from), before.indexOf(to)];
  assert.ok(begin >= 0 && end > begin, `${file} has no place for ${mark}`);
  const after = `${before.slice(0, begin + from.length)}${text}${before.slice(end)}`;
  if (write) writeFileSync(file, after);
  else
    assert.equal(
      before,
      after,
      `${file}: run CRITRACE_WRITE_DOCS=1 bash test/run test/cli/reference.test.ts`,
    );
};

it('the reference of the configuration is the table of options', () => {
  holds('configuration', 'options', `\n${optionsReference()}\n`);
});

it('what a reload takes up is the table of reasons', () => {
  holds('configuration', 'reload', `\n${reloadReference()}\n`);
});

it('the reference of the metrics is the table of instruments', () => {
  holds('metrics', 'metrics', `\n${metricsReference()}\n`);
});

/** What `critrace NAME --help` prints; a test of the real program holds that it does. */
const helpOf = async (name: string): Promise<string> => {
  let help = '';
  const context = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: {},
    signal: new AbortController().signal,
    onStatusRequest: () => () => undefined,
    onReload: () => () => undefined,
    exitWith: () => undefined,
  };
  const program = await createProgram(context, (loaded) => loaded === name);
  const command = program.commands.find((candidate) => candidate.name() === name);
  assert.ok(command);
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return help;
};

describe('the reference of the command line is what --help says', () => {
  for (const { name } of commands) {
    it(name, async () => {
      holds('cli', name, `\n\`\`\`text\n${(await helpOf(name)).trimEnd()}\n\`\`\`\n\n`);
    });
  }
});
