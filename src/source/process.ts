import { readFileSync } from 'node:fs';
import type { Nanos } from '../foundation/time.ts';
import type { Peer } from './event.ts';

/** What the kernel says of the other end of a unix socket. */
export interface Credentials {
  /** Null: of a pid namespace that cannot be seen from here. */
  readonly pid: number | null;
  readonly uid: number;
  readonly gid: number;
}

/** USER_HZ, the unit of /proc/PID/stat: 100 on every architecture that Node runs on. */
const nanosPerTick = 10_000_000n;

/** Field 22 of /proc/PID/stat, in ticks since boot. `comm` before it may hold spaces and parentheses. */
export const parseStat = (stat: string): { readonly comm: string; readonly startTicks: bigint } | null => {
  const from = stat.indexOf('(');
  const to = stat.lastIndexOf(')');
  if (from < 0 || to < from) return null;
  const start = stat.slice(to + 2).split(' ')[19] ?? '';
  return /^[0-9]{1,19}$/.test(start) ? { comm: stat.slice(from + 1, to), startTicks: BigInt(start) } : null;
};

/** `btime` of /proc/stat as nanoseconds since the Unix epoch; its resolution is a second. */
export const parseBootTime = (stat: string): Nanos | null => {
  const found = /^btime ([0-9]{1,10})$/m.exec(stat)?.[1];
  return found === undefined ? null : BigInt(found) * 1_000_000_000n;
};

/** Controllers of cgroup v1 that a runtime and systemd place a process by, the most telling first. */
const placing = ['name=systemd', 'memory', 'pids', 'cpu,cpuacct', 'cpu'];

/** The path in the unified hierarchy; where that is the root, as on cgroup v1, the one of a v1 hierarchy. */
export const parseCgroup = (cgroup: string): string | null => {
  const paths = new Map<string, string>();
  for (const line of cgroup.split('\n')) {
    const [, controllers, path] = /^[0-9]+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers !== undefined && path !== undefined) paths.set(controllers, path);
  }
  const unified = paths.get('');
  if (unified !== undefined && unified !== '/') return unified;
  for (const controller of placing) {
    const path = paths.get(controller);
    if (path !== undefined && path !== '/') return path;
  }
  return unified ?? paths.values().next().value ?? null;
};

/** Puts name, start and cgroup to a pid, as long as the process lives. */
export interface Processes {
  peer(credentials: Credentials | null): Peer;
  /** When a process started that did so this long after boot, in the form of `Peer.pidStart`. */
  startOf(sinceBoot: Nanos): Nanos | null;
}

export const unknownPeer: Peer = { pid: null, pidStart: null, uid: null, comm: null, cgroup: null };

/**
 * Reads /proc without waiting: a `crictl` may be gone a moment later. The boot time is read once, as the kernel's
 * answer moves with the wall clock and a process would seem to be another one.
 */
export const createProcesses = (proc = '/proc'): Processes => {
  const read = (path: string): string | null => {
    try {
      return readFileSync(`${proc}/${path}`, 'utf8');
    } catch {
      return null;
    }
  };
  const bootTime = parseBootTime(read('stat') ?? '');
  return {
    peer(credentials) {
      if (credentials === null) return unknownPeer;
      const { pid, uid } = credentials;
      if (pid === null) return { ...unknownPeer, uid };
      const stat = parseStat(read(`${pid}/stat`) ?? '');
      const pidStart = stat === null || bootTime === null ? null : bootTime + stat.startTicks * nanosPerTick;
      return {
        pid,
        pidStart,
        uid,
        comm: stat?.comm ?? null,
        cgroup: parseCgroup(read(`${pid}/cgroup`) ?? ''),
      };
    },
    startOf: (sinceBoot) => (bootTime === null ? null : bootTime + (sinceBoot / nanosPerTick) * nanosPerTick),
  };
};
