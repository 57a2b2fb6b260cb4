import { existsSync } from 'node:fs';
import { chooseEndpoints, type Endpoints, isSocket, usualSockets } from '../config/endpoints.ts';
import { findKubelet } from '../config/kubelet.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { chooseSource } from '../config/source.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Timers } from '../foundation/timers.ts';
import type { KernelPart, KernelProgram } from '../kernel/program.ts';
import { type LiveSource, openLiveSource } from '../live-source.ts';
import type { Readiness } from '../readiness.ts';
import { ListenError } from '../source/proxy/error.ts';
import { TapError } from '../source/tap/error.ts';
import { environmentError, usageError } from './command.ts';
import type { Log } from './messages.ts';

export interface LivePlan {
  readonly mode: LiveSource['mode'];
  readonly runtime: string;
  readonly listen: string;
  /** Null: one socket serves runtime and images. */
  readonly image: { readonly endpoint: string; readonly listen: string } | null;
  /** Sockets of other runtimes, which a tap watches as well. */
  readonly others: readonly string[];
  readonly kernelEvents: readonly KernelPart[];
  /** Of the tap. */
  readonly ringBytes: number;
}

const tellFound = ({ runtime, from, others }: Endpoints, mode: LiveSource['mode'], log: Log): void => {
  if (from === 'configuration') return;
  const whose = from === 'kubelet' ? "the kubelet's" : 'the';
  const also =
    others.length === 0 ? '' : `; ${mode === 'tap' ? 'and' : 'there are also'} ${others.join(', ')}`;
  log('info', `found ${whose} runtime endpoint ${runtime}${also}; --runtime-endpoint names another one`);
};

/**
 * A daemon may be started before the runtime and waits for it; a person who names a socket that is not there is told
 * so at once.
 */
export type Absent = 'wait' | 'refuse';

/** Which sockets are watched, and says so; an error that names the way out where that is not possible. */
export const planLive = (resolved: ResolvedConfig, absent: Absent, log: Log): LivePlan => {
  const { config } = resolved;
  const kubelet = findKubelet();
  const { mode, why } = chooseSource(resolved, kubelet);
  if (why !== null) log('info', `the source is the proxy, as ${why}; --source tap watches in the kernel`);
  const endpoints = chooseEndpoints(config, { kubelet });
  if (endpoints === null) {
    throw environmentError(
      `no container runtime socket was found; looked at the kubelet's configuration and at ${usualSockets.join(', ')}`,
      'start the runtime, or name its socket: --runtime-endpoint /run/containerd/containerd.sock',
    );
  }
  const { runtime, image, others } = endpoints;
  if (mode === 'proxy' && config.listen === runtime) {
    throw usageError(
      `listen: "${runtime}" is the runtime's own socket; allowed: another path`,
      '--listen /run/critrace/runtime.sock',
    );
  }
  tellFound(endpoints, mode, log);
  for (const path of [runtime, image]) {
    if (path !== null && existsSync(path) && !isSocket(path)) {
      throw environmentError(
        `${path} is not a socket`,
        "name the container runtime's socket: --runtime-endpoint /run/containerd/containerd.sock",
      );
    }
    if (path !== null && !isSocket(path) && absent === 'refuse') {
      throw environmentError(
        `${path} does not exist`,
        "start the runtime, or name its socket: --runtime-endpoint /run/containerd/containerd.sock; 'critrace agent' waits for it",
      );
    }
    if (path !== null && !isSocket(path))
      log('warn', `${path} is not there yet${mode === 'proxy' ? ': clients are refused until it is' : ''}`);
  }
  return {
    mode,
    runtime,
    listen: config.listen,
    image: image === null ? null : { endpoint: image, listen: config['image-listen'] },
    others: mode === 'tap' ? others : [],
    kernelEvents: config['kernel-events'],
    ringBytes: config['ring-size'],
  };
};

/** What the kernel refuses is not seen, unless another program does the same in another way. */
const tellOfPrograms = (programs: readonly KernelProgram[], log: Log): void => {
  for (const { name, part, state, replaced, reason, remedy, log: words } of programs) {
    if (state !== 'refused') continue;
    if (replaced) log('debug', `${name}: ${reason}; ${remedy}`);
    else log('warn', `kernel events of ${part ?? name} are not all seen: ${reason}; ${remedy}`);
    if (words !== '') log('debug', words);
  }
};

/** The source in its place; that it cannot take it is a matter of the environment. */
export const openPlanned = async (
  plan: LivePlan,
  identity: string,
  { clock, timers }: { readonly clock: Clock; readonly timers: Timers },
  log: Log,
  readiness?: Readiness,
): Promise<LiveSource> => {
  try {
    const source = await openLiveSource({ ...plan, identity, clock, timers, log, readiness });
    if (source.mode === 'tap') tellOfPrograms(source.programs, log);
    return source;
  } catch (error) {
    if (error instanceof ListenError && (error.code === 'too_long' || error.code === 'same_path'))
      throw usageError(
        error.message,
        '--runtime-endpoint /run/containerd/containerd.sock --listen /run/critrace/runtime.sock',
      );
    if (error instanceof ListenError) {
      throw environmentError(
        error.message,
        'run as a user who may listen there, or choose a path with --listen',
      );
    }
    if (error instanceof TapError) {
      if (error.detail !== '') log('debug', error.detail);
      throw environmentError(
        `the tap cannot work here: ${error.message}`,
        `use the proxy, and point callers at its socket: --source proxy --listen ${plan.listen}`,
      );
    }
    throw error;
  }
};
