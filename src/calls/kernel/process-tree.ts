import type { Nanos } from '../../foundation/time.ts';
import type { Claims } from './claims.ts';
import type { Program } from './program.ts';

/** A process of the runtime or of what it started. */
export interface ProcessNode {
  readonly pid: number;
  /** Tells processes with the same pid apart; too coarse for a time. */
  readonly start: Nanos;
  /** When it was forked, or first met. */
  readonly bornAt: Nanos;
  comm: string;
  readonly parent: ProcessNode | null;
  program: Program;
  claims: Claims;
  /** Of a CNI plugin. */
  interfaceName: string | null;
  /** Of the program of a container: `commandDigest` of each command that may have been meant by it. */
  commands: readonly string[];
  /** Null: it runs what its parent runs. */
  executedAt: Nanos | null;
  /** Of what it is a part; null: of nothing, it is a service. */
  unit: Unit | null;
  end: Nanos | null;
  exitCode: number | null;
  signal: number | null;
  peakRssBytes: number | null;
  /** Of itself and of its forks that executed nothing. */
  cpuNs: Nanos;
}

/** A process that a service started, with all that came of it: it has one owner as a whole. */
export interface Unit {
  readonly root: ProcessNode;
  /** When its root came to be; of the program of a container, when that was executed. */
  readonly begin: Nanos;
  /** The service that started it. */
  readonly service: ProcessNode | null;
  /** Whose work it was to start this container. */
  readonly origin: Unit | null;
  /** What has become of it in the container, if it was to start that; it is a unit of its own. */
  container: ProcessNode | null;
  /** Those that executed a program, bounded. */
  readonly programs: ProcessNode[];
  claims: Claims;
  executions: number;
  cpuNs: Nanos;
}
