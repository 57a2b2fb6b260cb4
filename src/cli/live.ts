import { existsSync } from 'node:fs';
import { chooseEndpoints, isSocket, usualSockets } from '../config/endpoints.ts';
import type { Config } from '../config/options.ts';
import type { Clock } from '../foundation/clock.ts';
import { type LiveSource, openLiveSource } from '../live-source.ts';
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
}

/** Which sockets are watched, and says so; an error that names the way out where that is not possible. */
export const planLive = (config: Config, log: Log): LivePlan => {
  const endpoints = chooseEndpoints(config);
  if (endpoints === null) {
    throw environmentError(
      `no container runtime socket was found; looked at ${usualSockets.join(', ')}`,
      'start the runtime, or name its socket: --runtime-endpoint /run/containerd/containerd.sock',
    );
  }
  const { runtime, image, found, others } = endpoints;
  const mode = config.source;
  if (mode === 'proxy' && config.listen === runtime) {
    throw usageError(
      `listen: "${runtime}" is the runtime's own socket; allowed: another path`,
      '--listen /run/critrace/runtime.sock',
    );
  }
  if (found) {
    const also = others.length === 0 ? '' : `; there are also ${others.join(', ')}`;
    log('info', `found the runtime endpoint ${runtime}${also}; --runtime-endpoint names another one`);
  }
  for (const path of [runtime, image]) {
    if (path !== null && existsSync(path) && !isSocket(path)) {
      throw environmentError(
        `${path} is not a socket`,
        "name the container runtime's socket: --runtime-endpoint /run/containerd/containerd.sock",
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
  };
};

/** The source in its place; that it cannot take it is a matter of the environment. */
export const openPlanned = async (
  plan: LivePlan,
  identity: string,
  clock: Clock,
  log: Log,
): Promise<LiveSource> => {
  try {
    return await openLiveSource({ ...plan, identity, clock, log });
  } catch (error) {
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
        'use --source proxy: critrace listens on a socket of its own (--listen) and relays to the runtime',
      );
    }
    throw error;
  }
};
