import { existsSync, readFileSync } from 'node:fs';
import { arch, release } from 'node:os';
import type { Clock } from '../foundation/clock.ts';
import type { Nanos } from '../foundation/time.ts';

export interface Machine {
  readonly kernel: string;
  readonly architecture: string;
  /** The kernel describes its own types: without it no program finds its fields. */
  readonly btf: boolean;
  /** `none`, `integrity`, `confidentiality`; null: it cannot be read, which needs securityfs. */
  readonly lockdown: string | null;
  readonly cgroup: 'v1' | 'v2' | null;
  readonly uid: number | null;
  /** Effective capabilities by name; of those that are of use here. Null: they cannot be read. */
  readonly capabilities: Readonly<Record<string, boolean>> | null;
}

/** Those that critrace has a use for, by their bit in CapEff of /proc/PID/status. */
const capabilityBits = {
  CAP_BPF: 39,
  CAP_PERFMON: 38,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_PTRACE: 19,
  CAP_DAC_OVERRIDE: 1,
  CAP_CHOWN: 0,
} as const;

export const parseCapabilities = (status: string): Readonly<Record<string, boolean>> | null => {
  const mask = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status)?.[1];
  if (mask === undefined) return null;
  const bits = BigInt(`0x${mask}`);
  return Object.fromEntries(
    Object.entries(capabilityBits).map(([name, bit]) => [name, ((bits >> BigInt(bit)) & 1n) === 1n]),
  );
};

/** `none [integrity] confidentiality`: the one in brackets is on. */
export const parseLockdown = (text: string): string | null => /\[([a-z]+)\]/.exec(text)?.[1] ?? null;

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

export const describeMachine = (): Machine => ({
  kernel: release(),
  architecture: arch(),
  btf: existsSync('/sys/kernel/btf/vmlinux'),
  lockdown: parseLockdown(read('/sys/kernel/security/lockdown')),
  cgroup: existsSync('/sys/fs/cgroup/cgroup.controllers') ? 'v2' : existsSync('/sys/fs/cgroup') ? 'v1' : null,
  uid: process.getuid?.() ?? null,
  capabilities: parseCapabilities(read('/proc/self/status')),
});

/** The kernel's records have the time since boot; spans have wall time. */
export interface ClockOffset {
  /** Wall time of the moment at which the monotonic clock was 0. */
  readonly offset: Nanos;
  /** The reading took so long: the offset is not known better. */
  readonly uncertainty: Nanos;
}

/** Readings of both clocks, of which the quickest counts. */
const clockReadings = 16;

export const clockOffset = (clock: Clock): ClockOffset => {
  const once = (): ClockOffset => {
    const before = clock.monotonic();
    const now = clock.now();
    const uncertainty = clock.monotonic() - before;
    return { offset: now - before - uncertainty / 2n, uncertainty };
  };
  let best = once();
  for (let reading = 1; reading < clockReadings; reading++) {
    const next = once();
    if (next.uncertainty < best.uncertainty) best = next;
  }
  return best;
};
