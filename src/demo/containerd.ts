import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, open, readFile, statfs, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../foundation/clock.ts';
import { type ContainerdLayout, cniConfig, containerdConfig, containerdLayout } from './containerd-config.ts';
import {
  cgroupParentOf,
  makeContainerdFolder,
  removeContainerdFolder,
  removeStaleContainerdFolders,
} from './containerd-folder.ts';
import { buildWorkload, imageArchive } from './image.ts';
import { namespaceRefusal, spawnNamespaced } from './namespace.ts';
import { pause } from './pause.ts';
import { imageKnown, readiness } from './ready.ts';

const run = promisify(execFile);

/** Debian's place, then the one of upstream's own packages. */
const cniPluginFolders = ['/usr/lib/cni', '/opt/cni/bin'] as const;

const programs = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc', 'unshare'] as const;

export type ContainerdAvailability =
  | { readonly kind: 'available'; readonly cniPluginFolder: string }
  | {
      readonly kind: 'unavailable';
      readonly reason: 'not-linux' | 'not-root' | 'program-missing' | 'no-privileges';
      /** One line for a person. */
      readonly message: string;
    };

const executable = async (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Programs of the administrator are not on everybody's PATH, and containerd looks for runc and its shim there. */
const searchPath = (): string => [process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(delimiter);

const onPath = async (program: string): Promise<boolean> => {
  for (const folder of searchPath().split(delimiter))
    if (folder !== '' && (await executable(join(folder, program)))) return true;
  return false;
};

/** Whether a private containerd can run here, and if not, why. Changes nothing. */
export const detectContainerd = async (): Promise<ContainerdAvailability> => {
  const unavailable = (
    reason: Extract<ContainerdAvailability, { kind: 'unavailable' }>['reason'],
    message: string,
  ): ContainerdAvailability => ({ kind: 'unavailable', reason, message });

  if (process.platform !== 'linux') return unavailable('not-linux', `${process.platform} is not Linux`);
  if (process.geteuid?.() !== 0) return unavailable('not-root', 'not running as root');
  for (const program of programs)
    if (!(await onPath(program))) return unavailable('program-missing', `${program} is not installed`);
  if (!(await onPath('musl-gcc')) && !(await onPath('cc')))
    return unavailable('program-missing', 'no C compiler (musl-gcc or cc) is installed');
  let cniPluginFolder: string | null = null;
  for (const folder of cniPluginFolders)
    if (await executable(join(folder, 'bridge'))) cniPluginFolder ??= folder;
  if (cniPluginFolder === null)
    return unavailable('program-missing', `no CNI plugins in ${cniPluginFolders.join(' or ')}`);
  const refusal = await namespaceRefusal();
  if (refusal !== null)
    return unavailable('no-privileges', `this root may not make namespaces and mounts (${refusal})`);
  return { kind: 'available', cniPluginFolder };
};

export const sandboxImage = 'critrace.local/pause:1';
export const workloadImage = 'critrace.local/web:1';

/** A containerd of our own, ready to serve the CRI. */
export interface Containerd {
  readonly socket: string;
  /** Removed with all its content by `stop`. */
  readonly folder: string;
  /** To be used as the pods' cgroup parent: `stop` removes what is below it. */
  readonly cgroupParent: string;
  /** containerd's own log. */
  readonly log: string;
  stop(): Promise<void>;
}

const overlayMagic = 0x794c7630;

const prepare = async (layout: ContainerdLayout, cniPluginFolder: string): Promise<void> => {
  await mkdir(layout.cniConfigFolder);
  await writeFile(join(layout.cniConfigFolder, '10-bridge.conflist'), cniConfig(layout));
  const { type } = await statfs(layout.folder);
  const snapshotter = type === overlayMagic ? 'native' : 'overlayfs';
  await writeFile(layout.config, containerdConfig(layout, { sandboxImage, cniPluginFolder, snapshotter }));
};

const importImages = async (layout: ContainerdLayout, clock: Clock, signal: AbortSignal): Promise<void> => {
  const archive = join(layout.folder, 'image.tar');
  await writeFile(archive, imageArchive(await buildWorkload(layout.folder), [sandboxImage, workloadImage]));
  await run('ctr', ['--address', layout.socket, '--namespace', 'k8s.io', 'images', 'import', archive], {
    timeout: 30_000,
    signal,
  });
  for (const image of [sandboxImage, workloadImage]) await imageKnown(layout.socket, image, clock, signal);
};

/** The line of containerd's log that tells most: why its CRI plugin was not loaded, else the last one. */
const reasonIn = async (path: string): Promise<string> => {
  const lines = (await readFile(path, 'utf8').catch(() => '')).trim().split('\n');
  const telling = lines.find((line) => line.includes('failed to load plugin io.containerd.grpc.v1.cri'));
  return telling ?? lines.at(-1) ?? '';
};

/** Containers die at once; how long their cgroups may stay busy after that, and how long a start may take. */
export interface ContainerdLimits {
  readonly startMs: number;
  readonly cgroupRemovalMs: number;
}

export const defaultContainerdLimits: ContainerdLimits = { startMs: 30_000, cgroupRemovalMs: 5_000 };

/**
 * Starts a containerd with its own root, state, socket, configuration and network, and imports the images.
 * An abort of `signal` or a failure undoes everything before the promise rejects; after that, `stop` does.
 */
export const startContainerd = async (options: {
  readonly cniPluginFolder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly limits?: ContainerdLimits;
  /** Is started again when it ends, as by a service manager. Shims stay. */
  readonly restarts?: boolean;
}): Promise<Containerd> => {
  const { cniPluginFolder, clock, limits = defaultContainerdLimits, restarts = false } = options;
  options.signal.throwIfAborted();
  await removeStaleContainerdFolders(clock, limits.cgroupRemovalMs);
  const folder = await makeContainerdFolder();
  const layout = containerdLayout(folder);
  let stopProcesses: () => Promise<void> = async () => undefined;
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      await stopProcesses();
      await removeContainerdFolder(folder, limits.cgroupRemovalMs);
    })();
    return stopping;
  };

  try {
    await prepare(layout, cniPluginFolder);
    const output = await open(layout.log, 'a', 0o600);
    const containerd = ['containerd', '--config', layout.config];
    const again = ['sh', '-c', 'while "$@" || sleep 1; do :; done', 'sh'];
    const processes = spawnNamespaced(restarts ? [...again, ...containerd] : containerd, {
      cniPluginFolder,
      folder,
      output,
      path: searchPath(),
    });
    stopProcesses = processes.stop;
    await output.close();

    let ended = false;
    void processes.ended.then(() => {
      ended = true;
    });
    const inTime = AbortSignal.timeout(limits.startMs);
    const signal = AbortSignal.any([options.signal, inTime]);
    for (;;) {
      const state = ended ? 'ended' : await readiness(layout.socket, clock);
      if (state === 'ready') break;
      options.signal.throwIfAborted();
      if (state === 'ended') throw new Error(`containerd did not start: ${await reasonIn(layout.log)}`);
      if (state === 'not-served')
        throw new Error(`containerd serves no CRI here: ${await reasonIn(layout.log)}`);
      if (inTime.aborted)
        throw new Error(`containerd gave no answer in ${limits.startMs} ms: ${await reasonIn(layout.log)}`);
      await pause(20, signal);
    }
    await importImages(layout, clock, signal);
    signal.throwIfAborted();
  } catch (error) {
    await stop();
    throw error;
  }
  return { socket: layout.socket, folder, cgroupParent: cgroupParentOf(folder), log: layout.log, stop };
};
