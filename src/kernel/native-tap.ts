import { type KernelPart, type KernelProgram, partBits, programLayout, readProgram } from './program.ts';

// What critrace_tap_* of native/include/critrace.h is used for. src/kernel/native.ts loads it.

/** The version of native/include/critrace.h that these files were written for. */
export const nativeAbiVersion = 6;

/** struct critrace_tap_plan; `paths` are arrays of CRITRACE_PATH_BYTES. */
export const planLayout = {
  size_of: 0,
  version: 4,
  ring_bytes: 8,
  max_connections: 12,
  event_ring_bytes: 16,
  max_processes: 20,
  parts: 24,
  aside_bytes: 28,
  endpoints: 32,
  paths: 36,
  size: 900,
} as const;
export const pathBytes = 108;
const maxPaths = 8;

export interface TapPlan {
  /** Paths of sockets, however written; they need not exist yet. At most eight. */
  readonly endpoints: readonly string[];
  /** What the kernel may hold of calls until it is drained: a power of two, at least a page. */
  readonly ringBytes: number;
  /** The same of kernel events: so neither costs the other anything. */
  readonly eventRingBytes: number;
  readonly maxConnections: number;
  /** Of the runtime's family, alive at once. */
  readonly maxProcesses: number;
  /** What to tell besides the bytes of calls. */
  readonly parts: readonly KernelPart[];
  /** Of each ring, set aside by a thread of the library while nobody drains; 0: no thread. */
  readonly asideBytes: number;
  /** What one drain may fill in: at least 64 KiB. */
  readonly bufferBytes: number;
}

/** The kernel side of the tap. One at a time in a process. */
export interface NativeTap {
  /** The next records (src/kernel/events.ts), valid until the next drain. Throws when the tap is broken or closed. */
  drain(): Buffer;
  /** A descriptor, to be closed by the caller, that can be read from when there is much to drain; null: none tells. */
  alarm(): number | null;
  /** Detaches everything. Twice is once. */
  close(): void;
}

/** `programs` says what became of each file of native/bpf, if it came to that. */
export type TapOpened =
  | { readonly opened: true; readonly tap: NativeTap; readonly programs: readonly KernelProgram[] }
  /** `why` is one line with the remedy; `detail` what the kernel's verifier said, if anything. */
  | {
      readonly opened: false;
      readonly why: string;
      readonly detail: string;
      readonly programs: readonly KernelProgram[];
    };

export interface TapFunctions {
  critrace_tap_open(plan: Buffer, buffer: Buffer, size: number): number;
  critrace_tap_attach(): number;
  critrace_tap_program(index: number, program: Buffer): number;
  critrace_tap_drain(): number;
  critrace_tap_alarm(): number;
  critrace_tap_close(): number;
  critrace_tap_last_error(text: Buffer, size: number): number;
}

export const tapSignatures = {
  critrace_tap_open: ['int32', ['pointer', 'pointer', 'uint32']],
  critrace_tap_attach: ['int32', []],
  critrace_tap_program: ['int32', ['uint32', 'pointer']],
  critrace_tap_drain: ['int32', []],
  critrace_tap_alarm: ['int32', []],
  critrace_tap_close: ['int32', []],
  critrace_tap_last_error: ['int32', ['pointer', 'uint32']],
} as const;

const planOf = (plan: TapPlan): Buffer => {
  const buffer = Buffer.alloc(planLayout.size);
  buffer.writeUInt32LE(planLayout.size, planLayout.size_of);
  buffer.writeUInt32LE(nativeAbiVersion, planLayout.version);
  buffer.writeUInt32LE(plan.ringBytes, planLayout.ring_bytes);
  buffer.writeUInt32LE(plan.maxConnections, planLayout.max_connections);
  buffer.writeUInt32LE(plan.eventRingBytes, planLayout.event_ring_bytes);
  buffer.writeUInt32LE(plan.maxProcesses, planLayout.max_processes);
  buffer.writeUInt32LE(plan.asideBytes, planLayout.aside_bytes);
  const parts = plan.parts.reduce((bits, part) => bits | partBits[part], 0);
  buffer.writeUInt32LE(parts, planLayout.parts);
  buffer.writeUInt32LE(plan.endpoints.length, planLayout.endpoints);
  for (const [index, path] of plan.endpoints.slice(0, maxPaths).entries())
    buffer.write(path, planLayout.paths + index * pathBytes, pathBytes, 'utf8');
  return buffer;
};

const lastError = (functions: TapFunctions): string => {
  const text = Buffer.alloc(16_384);
  return text.toString('utf8', 0, Math.max(0, functions.critrace_tap_last_error(text, text.length)));
};

const programsOf = (functions: TapFunctions): KernelProgram[] => {
  const programs: KernelProgram[] = [];
  const buffer = Buffer.alloc(programLayout.size);
  for (let index = 0; functions.critrace_tap_program(index, buffer) === 0; index++)
    programs.push(readProgram(buffer));
  return programs;
};

export const openNativeTap = (functions: TapFunctions, plan: TapPlan): TapOpened => {
  const refused = (programs: readonly KernelProgram[]): TapOpened => {
    const [why = '', ...detail] = lastError(functions).split('\n');
    return { opened: false, why, detail: detail.join('\n'), programs };
  };
  // The library keeps its address: it must outlive the tap and never move.
  const buffer = Buffer.from(new ArrayBuffer(plan.bufferBytes));
  if (functions.critrace_tap_open(planOf(plan), buffer, buffer.length) !== 0) return refused([]);
  const attached = functions.critrace_tap_attach() === 0;
  const programs = programsOf(functions);
  if (!attached) {
    const answer = refused(programs);
    functions.critrace_tap_close();
    return answer;
  }
  let open = true;
  return {
    opened: true,
    programs,
    tap: {
      drain() {
        // Another tap may have been opened since this one was closed.
        if (!open) throw new Error('the tap is closed');
        const filled = functions.critrace_tap_drain();
        if (filled < 0) throw new Error(`the tap cannot be read: ${lastError(functions)}`);
        return buffer.subarray(0, filled);
      },
      alarm() {
        const descriptor = open ? functions.critrace_tap_alarm() : -1;
        return descriptor < 0 ? null : descriptor;
      },
      close() {
        if (open) functions.critrace_tap_close();
        open = false;
      },
    },
  };
};
