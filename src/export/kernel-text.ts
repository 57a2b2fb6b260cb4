import type { KernelMark, KernelPart } from '../calls/kernel/story.ts';

/** Fatal signals that are met; a number does for the others. */
const signals: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  6: 'SIGABRT',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

export const signalText = (signal: number): string => signals[signal] ?? `signal ${signal}`;

/** What befell a process or a cgroup, in a few words. */
export const markText = (mark: KernelMark): string => {
  switch (mark.kind) {
    case 'oom_kill':
      return `OOM kill of ${mark.comm} (${mark.pid})`;
    case 'signal': {
      const from = mark.sender === null ? 'the kernel' : `${mark.sender.comm} (${mark.sender.pid})`;
      return `${signalText(mark.signal)} to ${mark.comm} (${mark.pid}) from ${from}`;
    }
    case 'frozen':
      return `frozen and not thawed: ${mark.path}`;
  }
};

/** How a part ended, as far as that is worth telling: nothing for what went well. */
export const partEndText = (part: KernelPart): string => {
  if (part.what.kind === 'connect' && !part.what.connected) return 'not connected';
  if (part.what.kind === 'stop') return signalText(part.what.signal);
  if (part.signal !== null) return `killed by ${signalText(part.signal)}`;
  if (part.exitCode !== null && part.exitCode !== 0) return `exit ${part.exitCode}`;
  return part.outlives ? 'goes on' : '';
};

/** Beside its name: the interface of a plugin, the peer of a connect. */
export const partSubjectText = ({ what, interfaceName }: KernelPart): string =>
  what.kind === 'connect' ? `${what.address}:${what.port}` : (interfaceName ?? '');
