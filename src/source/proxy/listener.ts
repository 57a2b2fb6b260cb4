import type { Stats } from 'node:fs';
import { chmod, chown, lstat, mkdir, mkdtemp, rename, rm, stat, unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { ListenError } from './error.ts';
import { tryConnect } from './runtime.ts';

/** Who may connect: connecting to a unix socket takes write permission on it. */
export interface SocketAccess {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

export interface Listener {
  /** Gives the socket the access of the runtime's, when that has changed. */
  setAccess(access: SocketAccess): Promise<void>;
  /** Takes the socket out of the file system, if it is still this one, and stops listening. Connections stay. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly path: string;
  /** The runtime's socket: a missing directory for ours gets the access of its directory. */
  readonly runtime: string;
  readonly access: SocketAccess;
  readonly relayBufferBytes: number;
  /** Nothing is read from the socket before it is resumed. */
  readonly accepted: (socket: Socket) => void;
}

/** sun_path of sockaddr_un holds 108 bytes with the zero at its end. */
const maxPathBytes = 107;

export const checkPathLength = (path: string): void => {
  if (Buffer.byteLength(path) > maxPathBytes)
    throw new ListenError('too_long', `${path}: the path of a unix socket has at most ${maxPathBytes} bytes`);
};

/** mkdtemp puts six characters for the last ones. */
const hiddenFolder = (path: string): string => `${dirname(path)}/.`;
const hiddenSocket = (folder: string): string => join(folder, 's');

/** Both the path and that of the folder beside it, in which the socket is made ready, must be short enough. */
export const checkListenPath = (path: string): void => {
  checkPathLength(path);
  const over = Buffer.byteLength(hiddenSocket(`${hiddenFolder(path)}XXXXXX`)) - maxPathBytes;
  if (over > 0) {
    const most = Buffer.byteLength(dirname(path)) - over;
    throw new ListenError(
      'too_long',
      `${path}: the folder's path has at most ${most} bytes, as the socket is made ready in a folder inside it`,
    );
  }
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Rejects unless the path is free or holds a socket on which nobody listens. */
const checkFree = async (path: string): Promise<void> => {
  const found = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return;
  if (!found.isSocket())
    throw new ListenError('not_a_socket', `${path} is not a socket and is left alone; choose another path`);
  const answer = await tryConnect(path);
  if (answer === 'connected')
    throw new ListenError('in_use', `${path}: another process listens there; stop it or choose another path`);
  if (answer !== 'ECONNREFUSED' && answer !== 'ENOENT')
    throw new ListenError('in_use', `${path}: cannot tell whether another process listens there (${answer})`);
};

const ensureDirectory = async (directory: string, like: string): Promise<void> => {
  const model = await stat(like);
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw error;
  }
  await chown(directory, model.uid, model.gid);
  await chmod(directory, model.mode & 0o7777);
};

const bound = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path, backlog: 4096 }, () => {
      server.off('error', reject);
      resolve();
    });
  });

const applyAccess = async (path: string, access: SocketAccess): Promise<void> => {
  const now = await lstat(path);
  // No other order is safe: the mode of the one must not meet the owner of the other. chown clears no bits of a socket.
  if (now.uid !== access.uid || now.gid !== access.gid) {
    await chmod(path, 0);
    await chown(path, access.uid, access.gid);
  }
  await chmod(path, access.mode);
};

/**
 * Listens in a directory that only this process can enter, sets owner and mode there, and moves the socket to its
 * place in one step: at no moment is it open to more than those whom the runtime's socket lets in.
 */
const listenAt = async (options: ListenOptions): Promise<Listener> => {
  const { path, access, relayBufferBytes } = options;
  checkListenPath(path);
  await ensureDirectory(dirname(path), dirname(options.runtime));
  await checkFree(path);
  const hidden = await mkdtemp(hiddenFolder(path));
  const server = createServer(
    { allowHalfOpen: true, pauseOnConnect: true, highWaterMark: relayBufferBytes },
    options.accepted,
  );
  let ours: Stats;
  try {
    const at = hiddenSocket(hidden);
    await bound(server, at);
    await applyAccess(at, access);
    // Before the move: after it nothing may fail, or the server would listen with nobody to close it.
    ours = await lstat(at);
    await rename(at, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(hidden, { recursive: true, force: true }).catch(() => undefined);
  }
  // Out of descriptors and the like: the connection fails, the listener stays.
  server.on('error', () => undefined);

  const isOurs = async (): Promise<boolean> => {
    const found = await lstat(path).catch(() => null);
    return found !== null && found.ino === ours.ino && found.dev === ours.dev;
  };
  return {
    async setAccess(next) {
      if (await isOurs()) await applyAccess(path, next);
    },
    async close() {
      if (await isOurs()) await unlink(path).catch(() => undefined);
      // Resolves only when the last connection is closed, which nobody waits for.
      server.close();
    },
  };
};

/** Rejects with a ListenError that says what to do. */
export const listen = async (options: ListenOptions): Promise<Listener> => {
  try {
    return await listenAt(options);
  } catch (error) {
    if (error instanceof ListenError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ListenError('forbidden', `cannot listen on ${options.path}: ${why}`, { cause: error });
  }
};
