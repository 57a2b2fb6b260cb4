import type { Endpoints } from '../config/endpoints.ts';
import type { KubeletTracing } from '../config/kubelet.ts';
import type { KernelProgram } from '../kernel/program.ts';
import type { Answer } from './answers.ts';
import type { KernelTried } from './kernels.ts';
import type { KubeletChoice } from './kubelet-choice.ts';
import type { ClockOffset, Machine } from './machine.ts';
import type { ServerProcess } from './server-process.ts';
import type { Connected } from './tap-trial.ts';
import type { Tracing } from './tracing.ts';

export interface EndpointReport {
  readonly path: string;
  readonly from: Endpoints['from'];
  /** `connected`, or the code of the error. */
  readonly connect: string;
  readonly server: ServerProcess | null;
  /** Empty where nobody could be asked. */
  readonly answers: readonly Answer[];
  readonly runtimeName: string | null;
  readonly runtimeVersion: string | null;
}

export interface SourceReport {
  readonly source: 'tap' | 'proxy';
  readonly works: boolean;
  /** Why it does not; null: it does. */
  readonly why: string | null;
}

/** Something that the configuration asks for, and what came of it. */
export interface Check {
  readonly what: string;
  readonly works: boolean;
  readonly why: string | null;
}

export interface DoctorReport {
  readonly machine: Machine;
  readonly programs: readonly KernelProgram[];
  readonly kernels: readonly KernelTried[];
  readonly sources: readonly SourceReport[];
  /** The one that `agent` and `observe` would take. */
  readonly chosen: SourceReport['source'];
  readonly endpoints: readonly EndpointReport[];
  readonly kubelet: { readonly pid: number; readonly tracing: KubeletTracing } | null;
  readonly runtimeTracing: readonly Tracing[];
  readonly choices: readonly KubeletChoice[];
  /** Those that were there before; null: only the tap could say. */
  readonly connected: readonly Connected[] | null;
  readonly ringBytes: number | null;
  readonly proxyQueueBytes: number;
  readonly clock: ClockOffset;
  /** Of what was configured by somebody. */
  readonly checks: readonly Check[];
  readonly sees: readonly string[];
  readonly seesNot: readonly string[];
}

/** 0: a source works, and all that was configured does; 1: something configured does not; 3: no source works. */
export const exitCodeOf = ({ sources, checks }: Pick<DoctorReport, 'sources' | 'checks'>): 0 | 1 | 3 => {
  if (!sources.some(({ works }) => works)) return 3;
  return checks.every(({ works }) => works) ? 0 : 1;
};
