/** What may be asked of the kernel besides the bytes of calls: the macros CRITRACE_PART_NAME, one bit each. */
export const partBits = {
  bytes: 1,
  process: 2,
  disk: 4,
  cgroup: 8,
  oom: 16,
  signal: 32,
  tcp: 64,
  scheduling: 128,
  family: 256,
  writes: 512,
  connects: 1024,
  syncs: 2048,
} as const;

export type KernelPart = keyof typeof partBits;
export const kernelParts = [
  'bytes',
  'process',
  'disk',
  'cgroup',
  'oom',
  'signal',
  'tcp',
  'scheduling',
  'family',
  'writes',
  'connects',
  'syncs',
] as const;

/** One file of native/bpf, and what became of it. */
export interface KernelProgram {
  readonly name: string;
  /** What it serves; null: a part that this version does not know. */
  readonly part: KernelPart | null;
  readonly state: 'attached' | 'refused' | 'not_wanted';
  /** Refused, and another program does its work. */
  readonly replaced: boolean;
  /** Why it is not attached; null: it is, or was not asked for. */
  readonly reason: string | null;
  readonly remedy: string | null;
  /** The end of what the kernel's verifier said; empty where it said nothing. */
  readonly log: string;
}

/** struct critrace_program. */
export const programLayout = {
  part: 0,
  state: 4,
  error: 8,
  replaced: 12,
  name: 16,
  reason: 48,
  remedy: 304,
  log: 560,
  size: 4656,
} as const;

/** The macros CRITRACE_PROGRAM_NAME. */
export const programStates = { NOT_WANTED: 0, ATTACHED: 1, REFUSED: 2 } as const;

const textAt = (buffer: Buffer, from: number, to: number): string => {
  const end = buffer.indexOf(0, from);
  return buffer.toString('utf8', from, end < 0 || end > to ? to : end);
};

const orNull = (text: string): string | null => (text === '' ? null : text);

/** `buffer` holds one struct critrace_program. */
export const readProgram = (buffer: Buffer): KernelProgram => {
  const { part, state, name, reason, remedy, log, size } = programLayout;
  const bit = buffer.readUInt32LE(part);
  const value = buffer.readUInt32LE(state);
  return {
    name: textAt(buffer, name, reason),
    part: kernelParts.find((known) => partBits[known] === bit) ?? null,
    state:
      value === programStates.ATTACHED
        ? 'attached'
        : value === programStates.REFUSED
          ? 'refused'
          : 'not_wanted',
    replaced: buffer.readUInt32LE(programLayout.replaced) !== 0,
    reason: orNull(textAt(buffer, reason, remedy)),
    remedy: orNull(textAt(buffer, remedy, log)),
    log: textAt(buffer, log, size).trim(),
  };
};
