/** Where the tap was run. */
export interface KernelTried {
  readonly kernel: string;
  readonly where: string;
  readonly tried: 'run here' | 'run elsewhere' | 'not tried';
  readonly result: string;
}

const elsewhere: readonly Omit<KernelTried, 'tried'>[] = [
  {
    kernel: '6.18',
    where: 'x86-64, lockdown integrity, no trampolines',
    result: 'works, by skb_copy_datagram_iovec',
  },
  { kernel: '6.12', where: 'Debian, in a virtual machine', result: 'works, by skb_copy_datagram_iovec' },
  { kernel: '6.1', where: 'Debian, in a virtual machine', result: 'works, by fentry and fexit' },
];

const untried: readonly Omit<KernelTried, 'tried'>[] = [
  { kernel: '6.8', where: 'Ubuntu 24.04', result: 'not known' },
  { kernel: '6.6', where: 'a long-term kernel', result: 'not known' },
  { kernel: '5.15', where: 'Ubuntu 22.04', result: 'lacks bpf_loop (5.17), which the tap needs' },
  { kernel: '5.14', where: 'RHEL 9, which carries parts of newer ones', result: 'not known' },
  {
    kernel: '5.10',
    where: 'Debian 11, Amazon Linux 2',
    result: 'lacks bpf_loop (5.17), which the tap needs',
  },
  { kernel: 'arm64', where: 'any release', result: 'compiled only' },
];

/** Is `release` (`6.1.0-28-cloud-amd64`) of this line (`6.1`)? */
const isOf = (release: string, kernel: string): boolean =>
  release.startsWith(`${kernel}.`) || release.startsWith(`${kernel}-`) || release === kernel;

/** This machine's kernel first, with what has just come of it. */
export const kernelsTried = (release: string, works: boolean, why: string | null): readonly KernelTried[] => [
  { kernel: release, where: 'this machine', tried: 'run here', result: works ? 'works' : (why ?? 'refused') },
  ...elsewhere
    .filter(({ kernel }) => !isOf(release, kernel))
    .map((row) => ({ ...row, tried: 'run elsewhere' }) as const),
  ...untried
    .filter(({ kernel }) => !isOf(release, kernel))
    .map((row) => ({ ...row, tried: 'not tried' }) as const),
];
