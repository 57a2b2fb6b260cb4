import { join } from 'node:path';
import { detectContainerd, startContainerd } from '../../src/demo/containerd.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { script } from '../agent/load.ts';
import { start } from '../processes.ts';
import type { BenchContext } from '../section.ts';

/** Debian's containerd where it can run, else a simulated runtime, which is slower. */
export const startRuntime = async (context: BenchContext): Promise<{ name: string; socket: string }> => {
  const availability = await detectContainerd();
  if (availability.kind === 'available') {
    const { cniPluginFolder } = availability;
    const containerd = context.owns(
      await startContainerd({ cniPluginFolder, clock: systemClock(), signal: context.signal }),
    );
    return { name: "Debian's containerd", socket: containerd.socket };
  }
  context.say(`no containerd: ${availability.message}`);
  const socket = join(context.folder, 'relayed-runtime.sock');
  const simulated = context.owns(await start([...script('runtime-process'), socket, '0'], { ipc: true }));
  await new Promise((resolve) => simulated.child.once('message', resolve));
  return { name: 'a simulated runtime', socket };
};
