import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/foundation/clock.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { defaultProxyLimits, type ProxyLimits } from '../../../src/source/proxy/limits.ts';
import { createProxy, type ProxyOptions, type ProxySource } from '../../../src/source/proxy/proxy.ts';
import type { Source } from '../../../src/source/source.ts';

/** A folder of its own for each test, removed after it. */
export const temporaryFolder = (after: (clean: () => void) => void): string => {
  const folder = mkdtempSync(join(tmpdir(), 'critrace-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Waits until the condition holds; fails after ten seconds. */
export const eventually = async (condition: () => boolean, what: string): Promise<void> => {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`still waiting: ${what}`);
    await delay(5);
  }
};

export interface RuntimeStandIn {
  readonly server: Server;
  /** In the order of their coming. The proxy's own look at the runtime, when it starts, is the first. */
  readonly accepted: readonly Socket[];
  /** The one whose place in the order this is, once it is there. */
  callee(place: number): Promise<Socket>;
  /** Stops listening and drops every connection, as a process does that is killed. */
  kill(): Promise<void>;
}

/** A server on a unix socket that gives each connection to `serve`. */
export const runtimeAt = async (
  path: string,
  serve: (socket: Socket) => void,
  mode = 0o660,
): Promise<RuntimeStandIn> => {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, mode);
  return {
    server,
    accepted,
    async callee(place) {
      await eventually(() => accepted.length > place, `connection ${place}`);
      const socket = accepted[place];
      if (socket === undefined) throw new Error('unreachable');
      return socket;
    },
    kill: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of accepted) socket.destroy();
      }),
  };
};

export const callerAt = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });

/** `connected`, or the code of the error. */
export const tryCall = async (path: string): Promise<string> => {
  try {
    (await callerAt(path)).destroy();
    return 'connected';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
};

/** All that a socket receives, up to its end. */
export const received = async (socket: Socket): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) chunks.push(chunk);
  return Buffer.concat(chunks);
};

export const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));

export const proxyFor = async (
  folder: string,
  after: (clean: () => Promise<void>) => void,
  options: Partial<Omit<ProxyOptions, 'limits'>> & { readonly limits?: Partial<ProxyLimits> } = {},
): Promise<ProxySource> => {
  const proxy = createProxy({
    identity: 'host:test',
    routes: [{ listen: join(folder, 'p.sock'), runtime: join(folder, 'r.sock') }],
    clock: systemClock(),
    peerCredentials: () => ({ pid: process.pid, uid: 4711, gid: 4712 }),
    ...options,
    limits: { ...defaultProxyLimits, retryEveryMs: 5, lookEveryMs: 20, ...options.limits },
  });
  after(() => proxy.close());
  await proxy.ready;
  return proxy;
};

/** Collects what a source yields while the test goes on. */
export const watch = (source: Source): { readonly events: SourceEvent[]; readonly done: Promise<void> } => {
  const events: SourceEvent[] = [];
  const done = (async () => {
    for await (const batch of source.events()) events.push(...batch);
  })();
  return { events, done };
};

/** The bytes of one direction of a connection as observed; a gap is so many zero bytes. */
export const observedBytes = (
  events: readonly SourceEvent[],
  connection: number,
  direction: 'request' | 'response',
): Buffer =>
  Buffer.concat(
    events.flatMap((event) => {
      if (!('connection' in event) || event.connection !== connection) return [];
      if (event.kind === 'data' && event.direction === direction) return [event.bytes];
      return event.kind === 'gap' && event.direction === direction ? [Buffer.alloc(event.length)] : [];
    }),
  );
