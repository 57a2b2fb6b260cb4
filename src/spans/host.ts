import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { uuidOf } from './ids.ts';
import type { Attributes } from './span.ts';

/** What all resources of one node have in common. */
export interface HostFacts {
  /** Equal on every resource: trace viewers decide by it whether two spans share a clock. */
  readonly hostId: string;
  readonly hostName: string | null;
  /** The node's name in Kubernetes. */
  readonly nodeName: string | null;
  /** What the operator wants on every resource (`OTEL_RESOURCE_ATTRIBUTES`); critrace's own keys win over it. */
  readonly extra: Attributes;
}

export interface HostPlaces {
  readonly machineIdPaths: readonly string[];
  /** Null: it has another name than this process can tell. */
  readonly hostName: () => string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The machine's own: PROC_UTS_INIT_INO of the kernel's proc_ns.h, the same on all. */
const firstUts = 'uts:[4026531838]';

const utsOf = (proc: string, pid: string): string | null => {
  try {
    return readlinkSync(`${proc}/${pid}/ns/uts`);
  } catch {
    return null;
  }
};

/**
 * The name of the machine. A pod that sees the host's processes has a name of its own all the same: then the host's is in
 * the files of its first process. Null: it cannot be read from here.
 */
export const machineName = (proc = '/proc', own = hostname()): string | null => {
  const [self, first] = [utsOf(proc, 'self'), utsOf(proc, '1')];
  if (self === null || self === firstUts || self === first) return own;
  try {
    const lines = readFileSync(`${proc}/1/root/etc/hostname`, 'utf8').split('\n');
    return lines.map((line) => line.trim()).find((line) => /^[^#\s]+$/.test(line)) ?? null;
  } catch {
    return null;
  }
};

export const hostPlaces = (environment: HostPlaces['environment']): HostPlaces => ({
  machineIdPaths: ['/etc/machine-id', '/var/lib/dbus/machine-id', '/sys/class/dmi/id/product_uuid'],
  hostName: machineName,
  environment,
});

const readMachineId = (path: string): string | null => {
  try {
    const text = readFileSync(path, 'latin1').trim();
    return /^[0-9a-fA-F-]{16,64}$/.test(text) ? text.toLowerCase() : null;
  } catch {
    return null;
  }
};

const machineId = (paths: readonly string[]): string | null => {
  for (const path of paths) {
    const id = readMachineId(path);
    if (id !== null) return id;
  }
  return null;
};

/** The host that critrace runs on. Without a machine id the host's name stands in for it. */
export const readHostFacts = (places: HostPlaces, extra: Attributes = {}): HostFacts => {
  const hostName = places.hostName();
  return {
    hostId: machineId(places.machineIdPaths) ?? uuidOf('host', hostName ?? hostname()),
    hostName,
    nodeName: places.environment.NODE_NAME || null,
    extra,
  };
};

/** The host that a capture was taken on is not known: its identity stands in, so that replays agree everywhere. */
export const replayHostFacts = (identity: string, extra: Attributes = {}): HostFacts => ({
  hostId: uuidOf('capture', identity),
  hostName: null,
  nodeName: null,
  extra,
});
