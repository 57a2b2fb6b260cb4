import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const mountPoint = '/sys/fs/cgroup';

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

const subfolders = async (folder: string): Promise<string[]> => {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
};

const removeTree = async (folder: string): Promise<void> => {
  for (const child of await subfolders(folder)) await removeTree(child);
  try {
    await rmdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
};

/** Where a cgroup path is found: once in v2, in each hierarchy of v1. */
export const cgroupFolders = async (path: string): Promise<string[]> => {
  const roots = [mountPoint, ...(await subfolders(mountPoint))];
  const found: string[] = [];
  for (const root of roots)
    if ((await subfolders(root)).includes(join(root, path))) found.push(join(root, path));
  return found;
};

/** Removes a cgroup and those below it in every hierarchy. One whose processes are still dying is tried again. */
export const removeCgroups = async (path: string, withinMs: number): Promise<void> => {
  const timeout = AbortSignal.timeout(withinMs);
  for (;;) {
    try {
      for (const folder of await cgroupFolders(path)) await removeTree(folder);
      return;
    } catch (error) {
      if (codeOf(error) !== 'EBUSY' || timeout.aborted) throw error;
      await delay(20);
    }
  }
};
