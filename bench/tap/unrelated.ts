import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../processes.ts';

const source = fileURLToPath(new URL('./unrelated.c', import.meta.url));

/** The program that does work which has nothing to do with the tap. */
export const buildUnrelated = async (folder: string): Promise<string> => {
  const program = join(folder, 'unrelated');
  await run(['cc', '-O2', '-D_GNU_SOURCE', '-o', program, source]);
  return program;
};
