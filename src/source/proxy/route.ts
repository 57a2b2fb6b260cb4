import { resolve } from 'node:path';
import { ListenError } from './error.ts';
import type { ProxyCounters, ProxyLimits } from './limits.ts';
import {
  checkListenPath,
  checkPathLength,
  type Listener,
  type ListenOptions,
  listen,
  type SocketAccess,
} from './listener.ts';
import { socketAccess, tryConnect } from './runtime.ts';

/** One socket of the proxy's own, and the runtime's that it stands in for. */
export interface ProxyRoute {
  readonly listen: string;
  readonly runtime: string;
}

/** What an operator may want to read in a log. */
export type ProxyNotice =
  | { readonly kind: 'listening'; readonly route: ProxyRoute }
  /** The runtime's socket refuses or is gone: the proxy's is gone too, until it is back. */
  | { readonly kind: 'runtime_away'; readonly route: ProxyRoute; readonly code: string }
  /** The runtime is there but the proxy's socket cannot be; tried again. */
  | { readonly kind: 'listen_failed'; readonly route: ProxyRoute; readonly error: unknown };

export interface RouteKeeper {
  /** The proxy listens, or waits for a runtime that is not there yet. Rejects with a ListenError. */
  readonly ready: Promise<void>;
  /** Something speaks for the runtime being gone: look now. */
  look(): void;
  close(): Promise<void>;
}

export interface RouteOptions {
  readonly route: ProxyRoute;
  readonly limits: ProxyLimits;
  readonly counters: ProxyCounters;
  readonly notice: (notice: ProxyNotice) => void;
  readonly accepted: ListenOptions['accepted'];
}

/** A runtime that dies may take its last caller after it has closed the others: it is tried again a little later. */
const suspiciousLooks = 2;

const sameAccess = (a: SocketAccess, b: SocketAccess): boolean =>
  a.uid === b.uid && a.gid === b.gid && a.mode === b.mode;

/**
 * Keeps the proxy's socket there exactly while the runtime's answers. While it does, its access is looked at from
 * time to time; a connection to try it is made only when something speaks for its being gone, as the runtime sees it.
 */
export const keepRoute = (options: RouteOptions): RouteKeeper => {
  const { route, limits, counters, notice } = options;
  let closing = false;
  let suspicion = 1;
  let awake: () => void = () => undefined;
  let current: { readonly listener: Listener; access: SocketAccess } | null = null;

  const sleep = (ms: number): Promise<void> =>
    new Promise((done) => {
      const timer = setTimeout(done, ms);
      awake = () => {
        clearTimeout(timer);
        done();
      };
    });

  /** The access of the runtime's socket, or the code of the error that keeps from it. */
  const runtimeAccess = async (): Promise<SocketAccess | string> => {
    const access = await socketAccess(route.runtime);
    if (access === null) return 'ENOENT';
    if (suspicion === 0 && current !== null) return access;
    suspicion = Math.max(suspicion - 1, 0);
    const answer = await tryConnect(route.runtime);
    return answer === 'connected' || answer === 'EAGAIN' ? access : answer;
  };

  const withdraw = async (code: string): Promise<void> => {
    if (current === null) return;
    const { listener } = current;
    current = null;
    counters.outages += 1;
    await listener.close();
    notice({ kind: 'runtime_away', route, code });
  };

  const follow = async (): Promise<void> => {
    const access = await runtimeAccess();
    if (closing) return;
    if (typeof access === 'string') {
      if (access === 'EACCES' || access === 'EPERM')
        throw new ListenError('forbidden', `${route.runtime}: this user may not connect to it (${access})`);
      await withdraw(access);
    } else if (current === null) {
      const { accepted } = options;
      const { relayBufferBytes } = limits;
      const listener = await listen({
        path: route.listen,
        runtime: route.runtime,
        access,
        relayBufferBytes,
        accepted,
      });
      current = { listener, access };
      counters.listened += 1;
      notice({ kind: 'listening', route });
    } else if (!sameAccess(current.access, access)) {
      await current.listener.setAccess(access);
      current.access = access;
    }
  };

  const keepFollowing = async (): Promise<void> => {
    let failing = false;
    while (!closing) {
      if (suspicion < suspiciousLooks || current === null)
        await sleep(current === null ? limits.retryEveryMs : limits.lookEveryMs);
      try {
        await follow();
        failing = false;
      } catch (error) {
        counters.listenFailures += 1;
        if (!failing) notice({ kind: 'listen_failed', route, error });
        failing = true;
      }
    }
  };

  const start = async (): Promise<void> => {
    if (resolve(route.listen) === resolve(route.runtime))
      throw new ListenError(
        'same_path',
        `${route.listen} is the runtime's own socket; choose another path to listen on`,
      );
    checkPathLength(route.runtime);
    checkListenPath(route.listen);
    await follow();
  };

  const ready = start();
  const running = ready.then(keepFollowing, () => undefined);
  return {
    ready,
    look() {
      suspicion = suspiciousLooks;
      awake();
    },
    async close() {
      closing = true;
      awake();
      await running;
      const last: { readonly listener: Listener } | null = current;
      current = null;
      await last?.listener.close();
    },
  };
};
