/** Why a program is refused: for a reader, and as the kernel or libbpf says it. */
interface Refusal {
  readonly because: string;
  readonly says: RegExp;
}

export interface ExpectedKernel {
  /** Of releases, as in .ci/kernels. */
  readonly line: string;
  /** Without it the tests fail. */
  readonly needed: boolean;
  readonly refused: Readonly<Record<string, Refusal>>;
  /** Programs that are not tried, as another one does their work; the rest of them, as the tap does not open. */
  readonly spare: readonly string[] | 'rest';
}

export const isSpare = ({ spare }: ExpectedKernel, program: string): boolean =>
  spare === 'rest' || spare.includes(program);

const noDynptr = {
  because: 'has no `bpf_dynptr_from_skb`',
  says: /'bpf_dynptr_from_skb': not found/,
};
const noCast = {
  because: 'has no `bpf_rdonly_cast` (6.2), nor the tracepoint (6.3)',
  says: /'bpf_rdonly_cast': not found/,
};

const noCallback = {
  because: 'has no `bpf_loop` (5.17), nor callbacks (5.13)',
  says: /number of funcs in func_info doesn't match number of subprogs/,
};

const noFileSystem = {
  because: 'its file system is a module that is not loaded there',
  says: /failed to find kernel BTF type ID/,
};
const noFileSystems = { sync_xfs: noFileSystem, sync_btrfs: noFileSystem };

const spareByteWays = ['actor', 'recvmsg', 'sendmsg'];
/** `connect` does their work. */
const spareConnects = ['consumed', 'dropped'];

/**
 * Every program that is not named is attached, where the tap opens at all. The table of docs/kernel.md is made from this.
 */
export const expectedKernels: readonly ExpectedKernel[] = [
  { line: '5.10', needed: false, refused: { copy: noDynptr, actor: noCallback }, spare: 'rest' },
  {
    line: '6.1',
    needed: true,
    refused: { copy: noDynptr, read: noCast, sent: noCast, ...noFileSystems },
    spare: spareConnects,
  },
  { line: '6.12', needed: true, refused: noFileSystems, spare: [...spareByteWays, ...spareConnects] },
  { line: '6.18', needed: false, refused: noFileSystems, spare: [...spareByteWays, ...spareConnects] },
];

/** The table of docs/kernel.md. */
export const kernelTable = (programs: readonly string[]): string => {
  const cell = (kernel: ExpectedKernel, program: string): string => {
    const refusal = kernel.refused[program];
    if (refusal !== undefined) return `no: ${refusal.because}`;
    if (kernel.spare === 'rest') return 'not tried';
    return isSpare(kernel, program) ? 'not needed' : 'yes';
  };
  return [
    `| program | ${expectedKernels.map(({ line }) => line).join(' | ')} |`,
    `|---|${'---|'.repeat(expectedKernels.length)}`,
    ...programs.map(
      (program) => `| \`${program}\` | ${expectedKernels.map((each) => cell(each, program)).join(' | ')} |`,
    ),
  ].join('\n');
};
