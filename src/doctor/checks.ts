import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { ListenError } from '../source/proxy/error.ts';
import { checkListenPath } from '../source/proxy/listener.ts';
import { tryConnect } from '../source/proxy/runtime.ts';

const patienceMs = 2_000;

/** May this process make files in the folder, or make the folder? Null: yes; else why not. */
export const cannotWriteIn = async (folder: string): Promise<string | null> => {
  for (let at = folder; ; at = dirname(at)) {
    try {
      await access(at, constants.W_OK | constants.X_OK);
      return null;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      if (code !== 'ENOENT' || dirname(at) === at) return `${at} cannot be written to (${code})`;
    }
  }
};

/** Could the proxy listen there? Null: yes; else why not. Nothing is made to find out. */
export const cannotListenAt = async (path: string): Promise<string | null> => {
  try {
    checkListenPath(path);
  } catch (error) {
    if (error instanceof ListenError) return error.message;
    throw error;
  }
  const answer = await tryConnect(path);
  if (answer === 'connected') return `${path}: a process listens there already`;
  if (answer === 'ENOTSOCK') return `${path} is not a socket`;
  return cannotWriteIn(dirname(path));
};

/** Does anybody listen at the collector's address? Null: yes; else why not. */
export const cannotReach = (endpoint: string): Promise<string | null> => {
  if (endpoint.startsWith('unix:')) {
    const path = endpoint.replace(/^unix:(\/\/)?/, '');
    return tryConnect(path).then((answer) => (answer === 'connected' ? null : `${path}: ${answer}`));
  }
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    return Promise.resolve(`${endpoint} is not an address`);
  }
  const port = Number(url.port || 4317);
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port });
    const end = (why: string | null): void => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(patienceMs, () => end(`no answer within ${patienceMs} ms`));
    socket.once('connect', () => end(null));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
};
