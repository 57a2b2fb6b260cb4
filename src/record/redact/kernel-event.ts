import { scrubText } from '../../foundation/scrub.ts';
import type { KernelEvent } from '../../kernel/kernel-event.ts';

/** Programs of runtimes, by the names that the kernel has for them. What else runs on a node runs in containers. */
const machinery =
  /^(?:containerd|crio|conmon|cri-dockerd|dockerd|docker-init|runc|crun|youki|runsc|kata|pause)/;

/**
 * The event as a redacted capture may have it. Arguments and file names of what runs in containers are the user's:
 * they are left out. Pids, times, names of programs, cgroups, devices, sizes and addresses are harmless.
 */
export const redactKernelEvent = (event: KernelEvent): KernelEvent => {
  switch (event.kind) {
    case 'exec': {
      const { process, argv, cni } = event;
      if (cni !== null || machinery.test(process.comm)) return { ...event, argv: argv.map(scrubText) };
      return { ...event, argv: argv.slice(0, 1).map(scrubText), argvCut: event.argvCut || argv.length > 1 };
    }
    case 'file_sync':
      return machinery.test(event.process.comm) ? event : { ...event, file: null };
    default:
      return event;
  }
};
