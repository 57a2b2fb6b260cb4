import type { Nanos } from '../foundation/time.ts';

/** A process of the runtime's family: the runtime, what it started, and all that came of these. */
export interface KernelTask {
  readonly pid: number;
  /** When the process started, nanoseconds since the Unix epoch: with the pid, its identity. */
  readonly start: Nanos;
  readonly comm: string;
}

/**
 * What a runtime tells a CNI plugin in its environment. Whatever a plugin starts inherits it: another plugin is called
 * like it, with its path as only argument. Null: that variable was not there.
 */
export interface CniEnvironment {
  readonly command: string | null;
  readonly containerId: string | null;
  readonly interfaceName: string | null;
  readonly podNamespace: string | null;
  readonly podName: string | null;
  readonly podUid: string | null;
  readonly podInfraContainerId: string | null;
}

/** What the kernel did, or a process of the family. An event that took time is told when it ended. */
export type KernelEvent =
  | { readonly kind: 'fork'; readonly process: KernelTask; readonly parent: KernelTask }
  | {
      readonly kind: 'exec';
      readonly process: KernelTask;
      readonly parent: KernelTask | null;
      /** Without what looks like a secret. */
      readonly argv: readonly string[];
      /** Arguments, or the ends of some, are missing. */
      readonly argvCut: boolean;
      readonly cgroup: string | null;
      /** Null: neither a CNI plugin nor started by one. */
      readonly cni: CniEnvironment | null;
    }
  | {
      readonly kind: 'exit';
      readonly process: KernelTask;
      /** Null: killed by the signal. */
      readonly code: number | null;
      readonly signal: number | null;
      readonly userNs: Nanos;
      readonly systemNs: Nanos;
      readonly peakRssBytes: number | null;
    }
  | {
      readonly kind: 'file_sync';
      readonly process: KernelTask;
      readonly operation: 'fsync' | 'fdatasync' | 'syncfs';
      /** The end of its path, as far as it is known. */
      readonly file: string | null;
      readonly start: Nanos;
    }
  /** Requests of one device and kind that ended since the last event of these. */
  | {
      readonly kind: 'block_io';
      /** Null: all processes outside of the family, or none in particular. */
      readonly process: KernelTask | null;
      readonly device: string;
      readonly operation: 'read' | 'write' | 'flush' | 'discard';
      readonly requests: number;
      readonly bytes: bigint;
      /** Sum of the times from issue to completion. */
      readonly durationNs: Nanos;
    }
  | {
      readonly kind: 'cgroup';
      readonly action: 'create' | 'attach' | 'freeze' | 'thaw' | 'remove';
      readonly path: string;
      /** Who was attached; otherwise who did it. */
      readonly process: KernelTask | null;
    }
  | { readonly kind: 'oom_kill'; readonly process: KernelTask; readonly cgroup: string | null }
  /** A signal that ends its receiver, or SIGTERM, which asks it to end. */
  | {
      readonly kind: 'signal';
      readonly signal: number;
      readonly process: KernelTask;
      /** Null: the kernel. */
      readonly sender: KernelTask | null;
    }
  | {
      readonly kind: 'tcp_connect';
      readonly process: KernelTask;
      readonly address: string;
      readonly port: number;
      readonly start: Nanos;
      readonly connected: boolean;
    }
  /** Of all threads of the process, since the last event of these. */
  | {
      readonly kind: 'scheduling';
      readonly process: KernelTask;
      /** How often one was ready to run and had to wait for a processor, and how long altogether. */
      readonly waits: number;
      readonly runQueueNs: Nanos;
      /** In uninterruptible sleep (state D): mostly for a device. */
      readonly blockedNs: Nanos;
    }
  /** So many events before this one are missing. */
  | { readonly kind: 'lost'; readonly records: number };
