import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { expectedKernels, kernelTable } from './kernels/expected.ts';
import { buildDriver, initramfsOf, kernelImage, runOn } from './kernels/machine.ts';
import { assertExpected, failuresIn, statesIn } from './kernels/verdict.ts';

const run = promisify(execFile);

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

  for (const expected of expectedKernels.filter(({ needed }) => needed))
    it(`Linux ${expected.line} in a virtual machine`, { timeout: 400_000 }, async (t) => {
      const kernel = kernelImage(expected.line);
      assert.ok(existsSync(kernel), `${kernel} is missing: .ci/setup test brings it`);
      assertExpected(
        await runOn(kernel, initramfsOf(driver, folder), (text) => t.diagnostic(text)),
        expected,
      );
    });

  it('docs/kernel.md has the table of what each kernel takes', () => {
    const table = kernelTable([...statesIn(own).keys()]);
    const page = readFileSync(new URL('../../docs/kernel.md', import.meta.url), 'utf8');
    assert.ok(page.includes(table), `docs/kernel.md should contain:\n${table}`);
  });
});
