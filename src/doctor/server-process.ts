import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { NativeLoad } from '../kernel/native.ts';
import { descriptorOf } from '../source/proxy/descriptor.ts';

/** The process that listens on a socket. */
export interface ServerProcess {
  readonly pid: number;
  readonly comm: string | null;
}

const commOf = (pid: number): string | null => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return null;
  }
};

/** Connects and asks the kernel who is at the other end. The code of the error where nobody listens. */
export const serverOf = (
  socket: string,
  native: NativeLoad,
): Promise<{ readonly code: string; readonly server: ServerProcess | null }> =>
  new Promise((resolve) => {
    const client = connect({ path: socket });
    client.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: error.code ?? 'unknown', server: null }),
    );
    client.once('connect', () => {
      const descriptor = descriptorOf(client);
      const pid =
        descriptor === null || !native.loaded
          ? null
          : (native.library.peerCredentials(descriptor)?.pid ?? null);
      client.destroy();
      resolve({ code: 'connected', server: pid === null ? null : { pid, comm: commOf(pid) } });
    });
  });
