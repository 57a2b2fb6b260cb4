/** Why a program is refused: for a reader, and as the kernel or libbpf says it. */
interface Refusal {
  readonly because: string;
  readonly says: RegExp;
}

export interface ExpectedKernel {
  /** Of releases, as in .ci/kernels. */
  readonly line: string;
  readonly refused: Readonly<Record<string, Refusal>>;
  /** Programs that are not tried, as another one does their work. */
  readonly spare: readonly string[];
}

const noDynptr = {
  because: 'has no `bpf_dynptr_from_skb`',
  says: /'bpf_dynptr_from_skb': not found/,
};
const noCast = {
  because: 'has no `bpf_rdonly_cast` (6.2), nor the tracepoint (6.3)',
  says: /'bpf_rdonly_cast': not found/,
};

const noFileSystem = {
  because: 'its file system is a module that is not loaded there',
  says: /failed to find kernel BTF type ID/,
};
const noFileSystems = { sync_xfs: noFileSystem, sync_btrfs: noFileSystem };

/** Every program that is not named is attached. Those of docs/kernel.md are made from this. */
export const expectedKernels: readonly ExpectedKernel[] = [
  {
    line: '6.1',
    refused: { copy: noDynptr, read: noCast, sent: noCast, ...noFileSystems },
    spare: [],
  },
  { line: '6.12', refused: noFileSystems, spare: ['actor', 'recvmsg', 'sendmsg'] },
];

/** The table of docs/kernel.md. */
export const kernelTable = (programs: readonly string[]): string => {
  const cell = ({ refused, spare }: ExpectedKernel, program: string): string =>
    refused[program] === undefined
      ? spare.includes(program)
        ? 'not needed'
        : 'yes'
      : `no: ${refused[program].because}`;
  return [
    `| program | ${expectedKernels.map(({ line }) => line).join(' | ')} |`,
    `|---|${'---|'.repeat(expectedKernels.length)}`,
    ...programs.map(
      (program) => `| \`${program}\` | ${expectedKernels.map((each) => cell(each, program)).join(' | ')} |`,
    ),
  ].join('\n');
};
