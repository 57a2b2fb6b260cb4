import { stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** `connected`, or the code of the error. The connection is closed at once. */
export const tryConnect = (path: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve('connected');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
  });

export type Reached =
  | { readonly reached: true; readonly socket: Socket }
  | { readonly reached: false; readonly code: string };

const reachOnce = (path: string, relayBufferBytes: number): Promise<Reached> =>
  new Promise((resolve) => {
    const options = { path, allowHalfOpen: true, highWaterMark: relayBufferBytes };
    const socket = connect(options);
    const failed = (error: NodeJS.ErrnoException): void =>
      resolve({ reached: false, code: error.code ?? 'unknown' });
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.pause();
      resolve({ reached: true, socket });
    });
  });

/** Between two tries while the runtime's backlog is full. */
const fullBacklogMs = 10;

/** Connects to the runtime; nothing is read before the socket is resumed. A full backlog (EAGAIN) is waited for. */
export const reach = async (
  path: string,
  relayBufferBytes: number,
  patienceMs: number,
  retried: () => void,
): Promise<Reached> => {
  for (let waitedMs = 0; ; waitedMs += fullBacklogMs) {
    const answer = await reachOnce(path, relayBufferBytes);
    if (answer.reached || answer.code !== 'EAGAIN' || waitedMs >= patienceMs) return answer;
    retried();
    await delay(fullBacklogMs);
  }
};

/** Owner, group and mode of the runtime's socket; null while there is none. */
export const socketAccess = async (
  path: string,
): Promise<{ readonly uid: number; readonly gid: number; readonly mode: number } | null> => {
  const found = await stat(path).catch(() => null);
  return found?.isSocket() === true ? { uid: found.uid, gid: found.gid, mode: found.mode & 0o777 } : null;
};
