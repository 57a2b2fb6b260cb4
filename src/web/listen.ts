import { chmod, lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { connect } from 'node:net';
import type { PageAddress } from './address.ts';

/** The page cannot have its place; the text says why and what to do. */
export class PageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PageError';
  }
}

const isServed = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(path);
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });

/** A socket's file that nobody serves any more is what a crash left. */
const removeStale = async (path: string): Promise<void> => {
  const status = await lstat(path).catch(() => null);
  if (status?.isSocket() === true && !(await isServed(path))) await unlink(path);
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? `${error.code}` : `${error}`;

const whatToDo: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'something listens there already; choose another with --page-listen, or none with --page-listen off',
  EACCES: 'it is not allowed here; choose another with --page-listen',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOENT: 'its folder is not there',
};

/** Throws PageError. A socket's file is its owner's alone. */
export const listen = async (server: Server | SecureServer, address: PageAddress): Promise<string> => {
  if (address.kind === 'unix') await removeStale(address.path);
  const shown = address.kind === 'unix' ? `unix://${address.path}` : `${address.host}:${address.port}`;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const then = (): void => {
        server.off('error', reject);
        resolve();
      };
      if (address.kind === 'unix') server.listen(address.path, then);
      else server.listen(address.port, address.host, then);
    });
  } catch (error) {
    const code = codeOf(error);
    throw new PageError(`the page cannot listen on ${shown}: ${whatToDo[code] ?? code}`);
  }
  if (address.kind === 'unix') {
    await chmod(address.path, 0o600);
    return shown;
  }
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return address.host.includes(':') ? `[${address.host}]:${port}` : `${address.host}:${port}`;
};
