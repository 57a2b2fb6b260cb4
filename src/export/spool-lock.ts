import { linkSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';

/** Field 22 of /proc/PID/stat: with the pid, the identity of a process. Null: no such process. */
const processStart = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
};

const heldBy = (path: string): number | null => {
  try {
    const [pid = '', start = ''] = readFileSync(path, 'latin1').trim().split(' ');
    return /^\d{1,10}$/.test(pid) && processStart(Number(pid)) === start ? Number(pid) : null;
  } catch {
    return null;
  }
};

export type SpoolLock =
  | { readonly kind: 'held'; readonly by: number }
  | { readonly kind: 'ours'; readonly release: () => void };

/** Two agents in one spool would deliver and delete each other's spans. Throws where the file cannot be made. */
export const lockSpool = (path: string): SpoolLock => {
  const claim = `${path}.${process.pid}`;
  writeFileSync(claim, `${process.pid} ${processStart(process.pid)}\n`, { mode: 0o600 });
  try {
    // A second round takes over from a process that was killed; whoever loses that race too finds the lock held.
    for (let round = 0; round < 2; round++) {
      try {
        linkSync(claim, path);
        return { kind: 'ours', release: () => rmSync(path, { force: true }) };
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
        const by = heldBy(path);
        if (by !== null) return { kind: 'held', by };
        if (round === 0) rmSync(path, { force: true });
      }
    }
    return { kind: 'held', by: 0 };
  } finally {
    unlinkSync(claim);
  }
};
