import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../../src/cli/commands.ts';
import { critrace, critraceCommand } from '../../cli/critrace.ts';
import { temporaryFolder } from '../../support/folder.ts';

const capture = 'test/fixtures/captures/traced-c24-crictl1.36.jsonl.gz';

/** Commands that need a runtime or go on until they are stopped: tests of their own run them. */
const live = ['agent', 'observe', 'demo', 'ui', 'doctor'];

/** The lines under `Examples:`, without what is said of them. */
const examplesOf = (help: string): readonly string[] =>
  (/\nExamples:\n((?: {2}\S.*\n)+)/.exec(help)?.[1] ?? '')
    .split('\n')
    .flatMap((line) => /^ {2}(\S.*?) {2,}\S/.exec(line)?.[1] ?? []);

/** What the example may end with: 1 is nothing found. The ids and pods of the examples are not in this capture. */
const allowed = (line: string): readonly number[] => (/^critrace trace /.test(line) ? [0, 1] : [0]);

test('the examples of every --help work as they are written', async (t) => {
  const folder = await temporaryFolder(t);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const quoted = critraceCommand([]).map((word) => `'${word}'`);
  // The loader of the sources is found from the project only.
  const program = quoted.map((word) => (word === "'tsx'" ? `'${import.meta.resolve('tsx')}'` : word));
  writeFileSync(join(bin, 'critrace'), `#!/bin/sh\nexec ${program.join(' ')} "$@"\n`);
  chmodSync(join(bin, 'critrace'), 0o755);
  for (const name of ['cri.jsonl.gz', 'a.gz']) copyFileSync(resolve(capture), join(folder, name));
  mkdirSync(join(folder, 'store'));
  mkdirSync(join(folder, '.config/fish/completions'), { recursive: true });
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: folder,
    CRITRACE_STORE_DIR: join(folder, 'store'),
  };
  const shell = (line: string) =>
    spawnSync('bash', ['-o', 'pipefail', '-c', line], { cwd: folder, env, timeout: 60_000 });
  const stored = shell('critrace replay cri.jsonl.gz -o otlp > store/traces.jsonl');
  assert.equal(stored.status, 0, String(stored.stderr));

  let run = 0;
  for (const { name } of commands) {
    const examples = examplesOf((await critrace([name, '--help'])).stdout);
    assert.ok(examples.length > 0, name);
    if (live.includes(name)) continue;
    for (const line of examples) {
      // A recording without --from is live, and tail -f goes on.
      if (line.startsWith('critrace record') && !line.includes('--from')) continue;
      if (/^critrace tail .*-f/.test(line)) continue;
      const { status, stderr } = shell(line);
      assert.ok(allowed(line).includes(status ?? -1), `${line}: ${status} ${stderr}`);
      assert.doesNotMatch(String(stderr), /error:/, line);
      run += 1;
    }
  }
  assert.ok(run >= 20, `${run} examples`);
});
