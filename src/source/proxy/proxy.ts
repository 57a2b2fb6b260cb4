import type { Socket } from 'node:net';
import type { Clock } from '../../foundation/clock.ts';
import type { Seen } from '../../foundation/time.ts';
import type { Peer } from '../event.ts';
import { type Credentials, createProcesses, type Processes } from '../process.ts';
import type { Source } from '../source.ts';
import { descriptorOf } from './descriptor.ts';
import { createProxyCounters, defaultProxyLimits, type ProxyCounters, type ProxyLimits } from './limits.ts';
import { createObservationQueue } from './queue.ts';
import { relay } from './relay.ts';
import { keepRoute, type ProxyNotice, type ProxyRoute } from './route.ts';
import { reach } from './runtime.ts';

export interface ProxyOptions {
  /** What span ids are derived from: the host's id. */
  readonly identity: string;
  /** One, or one for each of the runtime and image endpoint where they differ. */
  readonly routes: readonly ProxyRoute[];
  readonly clock: Clock;
  /** SO_PEERCRED of a connected unix socket. */
  readonly peerCredentials: (descriptor: number) => Credentials | null;
  readonly processes?: Processes;
  readonly limits?: ProxyLimits;
  readonly counters?: ProxyCounters;
  readonly notice?: (notice: ProxyNotice) => void;
}

/**
 * A relay in the path of the calls. `stop` ends the observation only: what is connected stays so, and new callers
 * are still let through, until `close`.
 */
export interface ProxySource extends Source {
  readonly mode: 'proxy';
  /** It listens, or waits for a runtime that is not there yet. Rejects with a ListenError. */
  readonly ready: Promise<void>;
  readonly counters: ProxyCounters;
  /** Observed bytes that it holds before it loses some. */
  readonly bufferBytes: number;
  /** Takes the sockets away and ends every relayed connection: the last thing that an agent does. */
  close(): Promise<void>;
}

export const createProxy = (options: ProxyOptions): ProxySource => {
  const { identity, clock, peerCredentials } = options;
  const limits = options.limits ?? defaultProxyLimits;
  const counters = options.counters ?? createProxyCounters();
  const processes = options.processes ?? createProcesses();
  /** A logger that fails is no reason to stop relaying. */
  const notice = (event: ProxyNotice): void => {
    try {
      options.notice?.(event);
    } catch {
      counters.noticesFailed += 1;
    }
  };
  const queue = createObservationQueue(limits, counters);
  const sockets = new Set<Socket>();
  let lastConnection = 0;
  let closed = false;

  const now = (): Seen => ({ at: clock.now(), sentAt: null });

  const peerOf = (socket: Socket): Peer => {
    const descriptor = descriptorOf(socket);
    try {
      return processes.peer(descriptor === null ? null : peerCredentials(descriptor));
    } catch {
      return processes.peer(null);
    }
  };

  const hold = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };

  const serve = async (client: Socket, route: ProxyRoute, look: () => void): Promise<void> => {
    // Without a listener, a caller that goes away before the runtime is reached would be an uncaught exception.
    client.on('error', () => undefined);
    hold(client);
    lastConnection += 1;
    const connection = lastConnection;
    counters.connections += 1;
    const caller = peerOf(client);
    if (caller.uid === null) counters.unknownCallers += 1;
    const endpoint = route.runtime;
    const answer = await reach(endpoint, limits.relayBufferBytes, limits.connectPatienceMs, () => {
      counters.connectRetries += 1;
    });
    if (!answer.reached) {
      client.destroy();
      look();
      counters.refused += 1;
      queue.open(connection, now(), endpoint, caller, processes.peer(null));
      queue.refused(connection, now(), endpoint, caller);
      return;
    }
    const runtime = answer.socket;
    hold(runtime);
    if (closed || client.destroyed) {
      client.destroy();
      runtime.destroy();
      return;
    }
    counters.openNow += 1;
    queue.open(connection, now(), endpoint, caller, peerOf(runtime));
    let clientEnded = false;
    relay(client, runtime, limits.maxLastWordsBytes, {
      data(direction, bytes) {
        counters[direction === 'request' ? 'requestBytes' : 'responseBytes'] += bytes.length;
        queue.data(connection, now(), direction, bytes);
      },
      end(direction) {
        if (direction === 'request') clientEnded = true;
        else if (!clientEnded) look();
        queue.end(connection, now(), direction);
      },
      close() {
        counters.openNow -= 1;
        queue.close(connection, now());
      },
      error(side) {
        counters[side === 'client' ? 'clientErrors' : 'runtimeErrors'] += 1;
        if (side === 'runtime') look();
      },
    });
  };

  const keepers = options.routes.map((route) => {
    const keeper = keepRoute({
      route,
      limits,
      counters,
      notice,
      accepted: (client) => {
        serve(client, route, () => keeper.look()).catch(() => client.destroy());
      },
    });
    return keeper;
  });

  const close = async (): Promise<void> => {
    closed = true;
    await Promise.all(keepers.map((keeper) => keeper.close()));
    for (const socket of sockets) socket.destroy();
    queue.stop();
  };
  const ready = (async () => {
    try {
      await Promise.all(keepers.map((keeper) => keeper.ready));
    } catch (error) {
      await close();
      throw error;
    }
  })();
  // Who does not ask learns it from the events' end.
  ready.catch(() => undefined);

  return {
    identity,
    mode: 'proxy',
    ready,
    counters,
    bufferBytes: limits.maxQueuedBytes,
    events: () => queue.batches(),
    async stop() {
      queue.stop();
    },
    close,
  };
};
