import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { expectedKernels } from './kernels/expected.ts';
import { buildDriver, initramfsOf, kernelImage, runOn } from './kernels/machine.ts';
import { assertExpected } from './kernels/verdict.ts';

// An archive gives up old kernels, and newer ones for still newer: .ci/setup says where one is gone.
const brought = expectedKernels.filter(({ needed, line }) => !needed && existsSync(kernelImage(line)));

describe('the same on further kernels, as long as they can be had', () => {
  let folder = '';
  let driver = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'critrace-kernels-'));
    driver = buildDriver(folder);
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const expected of brought)
    it(`Linux ${expected.line} in a virtual machine`, { timeout: 400_000 }, async (t) => {
      const files = initramfsOf(driver, folder);
      assertExpected(await runOn(kernelImage(expected.line), files, (text) => t.diagnostic(text)), expected);
    });
});
