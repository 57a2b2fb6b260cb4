import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../foundation/clock.ts';
import { sandboxImage, startContainerd, workloadImage } from './containerd.ts';
import { type PodPlace, type PodPlan, sandboxConfig } from './pod-config.ts';
import { trySandbox } from './ready.ts';
import { createRuntime, type RuntimeOptions } from './runtime.ts';

/** A runtime to play on, with the folders that its pods need. */
export interface Stage {
  readonly runtime: 'containerd' | 'simulated';
  readonly socket: string;
  readonly image: string;
  readonly place: PodPlace;
  /** Ends the runtime and removes all that it and its pods left. */
  close(): Promise<void>;
}

const preparePlace = async (folder: string, cgroupParent: string): Promise<PodPlace> => {
  const place = { logFolder: join(folder, 'pods'), volumeFolder: join(folder, 'volumes'), cgroupParent };
  await mkdir(place.logFolder);
  await mkdir(place.volumeFolder);
  await writeFile(join(place.volumeFolder, 'hosts'), '127.0.0.1 localhost\n');
  return place;
};

/** A private containerd, where `detectContainerd` found that it can run. Rejects if no pod runs on it all the same. */
export const containerdStage = async (
  cniPluginFolder: string,
  clock: Clock,
  signal: AbortSignal,
  options: { readonly restarts?: boolean } = {},
): Promise<Stage> => {
  const containerd = await startContainerd({ cniPluginFolder, clock, signal, ...options });
  try {
    const { socket, cgroupParent } = containerd;
    const place = await preparePlace(containerd.folder, cgroupParent);
    const trial: PodPlan = { namespace: 'critrace', name: 'trial', uid: 'trial', attempt: 0, containers: [] };
    await trySandbox(socket, sandboxConfig(trial, place), clock);
    return { runtime: 'containerd', socket, image: workloadImage, place, close: containerd.stop };
  } catch (error) {
    await containerd.stop();
    throw error;
  }
};

/** A simulated runtime on a socket in a folder of its own. Needs no privileges and no program. */
export const simulatedStage = async (clock: Clock, options: Partial<RuntimeOptions> = {}): Promise<Stage> => {
  const folder = await mkdtemp(join(tmpdir(), 'critrace-simulated-'));
  const runtime = createRuntime({ images: [sandboxImage, workloadImage], ...options, clock });
  const socket = join(folder, 'runtime.sock');
  const close = async (): Promise<void> => {
    await runtime.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await runtime.listen(socket);
    const place = await preparePlace(folder, '/critrace');
    return { runtime: 'simulated', socket, image: workloadImage, place, close };
  } catch (error) {
    await close();
    throw error;
  }
};
