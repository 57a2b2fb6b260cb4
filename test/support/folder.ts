import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder of the test's own, removed at its end. */
export const temporaryFolder = async (test: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'critrace-test-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
};
