/** Where the tap was run, and what came of it. docs/kernel.md has the same rows: a test makes them of these. */
export interface KernelTried {
  readonly kernel: string;
  readonly where: string;
  readonly tried: 'run here' | 'run elsewhere' | 'not tried';
  readonly result: string;
}

const virtual = 'Debian, in a virtual machine';
const copies = 'works, by `skb_copy_datagram_iovec`';

const elsewhere: readonly Omit<KernelTried, 'tried'>[] = [
  {
    kernel: '7.3',
    where: `${virtual}, once`,
    result: `${copies}; \`sync_vfs\` sees no fsync there`,
  },
  { kernel: '6.19', where: `${virtual}, once`, result: copies },
  {
    kernel: '6.18',
    where:
      'x86-64, lockdown `integrity`, no trampolines: the whole test suite; and Debian’s, in a virtual machine',
    result: copies,
  },
  { kernel: '6.16', where: `${virtual}, once`, result: copies },
  { kernel: '6.12', where: virtual, result: copies },
  { kernel: '6.12 on arm64', where: `${virtual}, once`, result: copies },
  { kernel: '6.1', where: virtual, result: 'works, by `fentry` and `fexit`' },
  {
    kernel: '5.10',
    where: virtual,
    result: 'refused: it has neither `bpf_dynptr_from_skb` nor `bpf_loop` (5.17)',
  },
];

const untried: readonly Omit<KernelTried, 'tried'>[] = [
  { kernel: '6.8', where: 'Ubuntu 24.04', result: 'not known' },
  { kernel: '6.6', where: 'a long-term kernel', result: 'not known' },
  { kernel: '5.15', where: 'Ubuntu 22.04', result: 'lacks `bpf_loop` (5.17), which the tap needs' },
  { kernel: '5.14', where: 'RHEL 9, which carries parts of newer ones', result: 'not known' },
];

/** All but this machine's own. */
export const kernelRows: readonly KernelTried[] = [
  ...elsewhere.map((row) => ({ ...row, tried: 'run elsewhere' }) as const),
  ...untried.map((row) => ({ ...row, tried: 'not tried' }) as const),
];

/** Is `release` (`6.1.0-28-cloud-amd64`) of this line (`6.1`)? */
const isOf = (release: string, kernel: string): boolean =>
  release.startsWith(`${kernel}.`) || release.startsWith(`${kernel}-`) || release === kernel;

/** This machine's kernel first, with what has just come of it. */
export const kernelsTried = (release: string, works: boolean, why: string | null): readonly KernelTried[] => [
  { kernel: release, where: 'this machine', tried: 'run here', result: works ? 'works' : (why ?? 'refused') },
  ...kernelRows.filter(({ kernel }) => !isOf(release, kernel)),
];
