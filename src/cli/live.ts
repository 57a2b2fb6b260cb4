import { chooseEndpoints, type Endpoints, isSocket, usualSockets } from '../config/endpoints.ts';
import type { Config, OptionGroup } from '../config/options.ts';
import { environmentError } from './command.ts';
import type { Log } from './messages.ts';

/** The options of everything that watches a live socket. */
export const liveGroups: readonly OptionGroup[] = ['source', 'identity'];

export interface LivePlan {
  readonly endpoints: Endpoints;
  readonly listen: string;
  /** Null: one socket serves both. */
  readonly imageListen: string | null;
}

/** Which sockets are watched, and says so; an error that names the way out where that is not possible. */
export const planLive = (config: Config, log: Log): LivePlan => {
  if (config.source === 'tap') {
    throw environmentError(
      'the tap is not available in this release of critrace',
      'use --source proxy: critrace listens on a socket of its own (--listen) and relays to the runtime',
    );
  }
  const endpoints = chooseEndpoints(config);
  if (endpoints === null) {
    throw environmentError(
      `no container runtime socket was found; looked at ${usualSockets.join(', ')}`,
      'start the runtime, or name its socket: --runtime-endpoint /run/containerd/containerd.sock',
    );
  }
  if (endpoints.found) {
    const others = endpoints.others.length === 0 ? '' : `; there are also ${endpoints.others.join(', ')}`;
    log(
      'info',
      `runtime endpoint ${endpoints.runtime} was found${others}; --runtime-endpoint names another one`,
    );
  }
  for (const path of [endpoints.runtime, endpoints.image]) {
    if (path !== null && !isSocket(path))
      log('warn', `${path} is not there yet: clients are refused until it is`);
  }
  return {
    endpoints,
    listen: config.listen,
    imageListen: endpoints.image === null ? null : config['image-listen'],
  };
};
