import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Clock } from '../foundation/clock.ts';
import { removeCgroups } from './cgroups.ts';
import { containerdLayout } from './containerd-config.ts';
import { readiness } from './ready.ts';

const prefix = 'critrace-containerd-';

/** sun_path holds 108 bytes; /run and /var/lib are not the same place inside the namespace. */
const base = (): string => {
  const folder = tmpdir();
  return folder.length > 60 || /^\/(run|var\/run|var\/lib)(\/|$)/.test(folder) ? '/tmp' : folder;
};

/** A folder for one containerd. Its name says whose it is, and names the cgroup too. */
export const makeContainerdFolder = (): Promise<string> => mkdtemp(join(base(), `${prefix}${process.pid}-`));

/** To be used as the pods' cgroup parent. */
export const cgroupParentOf = (folder: string): string => `/${basename(folder)}`;

/** The processes must be gone. `withinMs` bounds the wait for cgroups whose processes are still dying. */
export const removeContainerdFolder = async (folder: string, withinMs: number): Promise<void> => {
  await removeCgroups(cgroupParentOf(folder), withinMs);
  await rm(folder, { recursive: true, force: true });
};

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/**
 * Removes what killed processes left. Their containerd went with them, the folder and the cgroups could not.
 * The socket is tried as well, since a pid of another pid namespace looks dead.
 */
export const removeStaleContainerdFolders = async (clock: Clock, withinMs: number): Promise<void> => {
  for (const name of await readdir(base())) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1] ?? Number.NaN);
    if (!Number.isSafeInteger(pid) || alive(pid)) continue;
    const folder = join(base(), name);
    if ((await readiness(containerdLayout(folder).socket, clock)) !== 'ready')
      await removeContainerdFolder(folder, withinMs);
  }
};
