import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const outlived: string[] = [];
process.once('exit', () => {
  for (const folder of outlived) rmSync(folder, { recursive: true, force: true });
});

/**
 * A folder of the test's own. After the test it goes with the process of its file, not before: `after` hooks run in the
 * order in which they were given, and an agent that a later one stops still writes here.
 */
export const temporaryFolder = async (test: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'critrace-test-'));
  test.after(() => outlived.push(folder));
  return folder;
};
