import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { expectedKernels, isSpare, kernelTable } from './kernels/expected.ts';
import { buildDriver, initramfsOf, kernelImage, runOn } from './kernels/machine.ts';

const run = promisify(execFile);

const failuresIn = (said: string): string[] => said.match(/^not ok .*(\n {2}.*)*/gm) ?? [];

const statesIn = (said: string): Map<string, string> =>
  new Map(
    [...said.matchAll(/^program (\S+) (attached|refused|not wanted): .*$/gm)].map(
      ([, name = '', state = '']) => [name, state],
    ),
  );

/** What was said of one program, with the verifier's last words. */
const saidOf = (said: string, program: string): string =>
  new RegExp(`^program ${program} [^]*?(?=^program |^ok |^not ok )`, 'm').exec(said)?.[0] ?? '';

describe('the tap and the process events on several kernels, byte for byte', () => {
  let folder = '';
  let driver = '';
  let own = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'critrace-kernels-'));
    driver = buildDriver(folder);
  });
  after(() => rmSync(folder, { recursive: true }));

  it("this machine's own", async () => {
    const { stdout } = await run(driver, { timeout: 120_000 }).catch((error) => ({
      stdout: String(error.stdout),
    }));
    own = stdout;
    assert.deepEqual(failuresIn(stdout), [], stdout);
    assert.match(stdout, /^done 0$/m);
  });

  it('those that must be there are', () => {
    for (const line of ['6.1', '6.12'])
      assert.ok(existsSync(kernelImage(line)), `${kernelImage(line)} is missing: .ci/setup test brings it`);
  });

  // An archive gives up old kernels, and newer ones for still newer: .ci/setup says so.
  for (const expected of expectedKernels.filter(({ line }) => existsSync(kernelImage(line)))) {
    const { line, refused } = expected;
    it(`Linux ${line} in a virtual machine`, { timeout: 400_000 }, async (t) => {
      const kernel = kernelImage(line);
      const said = await runOn(kernel, initramfsOf(driver, folder), (text) => t.diagnostic(text));
      assert.match(said, new RegExp(`^kernel ${line.replace('.', '\\.')}\\.`, 'm'));
      const failures = failuresIn(said);
      if (expected.spare === 'rest') {
        assert.equal(failures.length, 1, said);
        assert.match(
          failures.join(),
          /^not ok the tap opens: BPF program copy is refused: .*: Linux 6\.12 with BTF/,
        );
      } else assert.deepEqual(failures, [], said);
      const states = statesIn(said);
      assert.deepEqual(
        [...states],
        [...states.keys()].map((program) => [
          program,
          refused[program] !== undefined ? 'refused' : isSpare(expected, program) ? 'not wanted' : 'attached',
        ]),
        said,
      );
      for (const [program, { says }] of Object.entries(refused)) assert.match(saidOf(said, program), says);
    });
  }

  it('docs/kernel.md has the table of what each kernel takes', () => {
    const table = kernelTable([...statesIn(own).keys()]);
    const page = readFileSync(new URL('../../docs/kernel.md', import.meta.url), 'utf8');
    assert.ok(page.includes(table), `docs/kernel.md should contain:\n${table}`);
  });
});
