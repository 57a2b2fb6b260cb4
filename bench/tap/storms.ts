import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start } from '../processes.ts';
import type { BenchContext } from '../section.ts';

const stormProcess = fileURLToPath(new URL('./storm.ts', import.meta.url));

export interface Storm {
  readonly socket: string;
  /** Starts programs for so long; how many a second it came to. */
  run(seconds: number): Promise<Readonly<Record<string, number>>>;
}

/** A process that listens, says back what it hears, and starts programs when it is told to. */
export const startStorm = async (context: BenchContext): Promise<Storm> => {
  const socket = join(context.folder, 'storm.sock');
  const { child } = context.owns(
    await start([process.execPath, '--import', 'tsx/esm', stormProcess, socket], { ipc: true }),
  );
  await once(child, 'message');
  return {
    socket,
    async run(seconds) {
      child.send(seconds);
      const [started] = await once(child, 'message');
      return { 'programs/s': Number(started) / seconds };
    },
  };
};

export const largeBytes = 30_000_000;

/** There and back, so many times on one connection: megabytes a second in each direction. */
export const sendLarge = async (socket: string, times: number): Promise<number> => {
  const connection = connect(socket);
  await once(connection, 'connect');
  const message = Buffer.alloc(largeBytes, 'critrace');
  const begin = performance.now();
  for (let sent = 0; sent < times; sent++) {
    let left = largeBytes;
    const answered = new Promise<void>((resolve, reject) => {
      const take = (bytes: Buffer): void => {
        left -= bytes.length;
        if (left > 0) return;
        connection.off('data', take);
        resolve();
      };
      connection.on('data', take).once('error', reject);
    });
    connection.write(message);
    await answered;
  }
  const took = (performance.now() - begin) / 1000;
  connection.destroy();
  return (times * largeBytes) / 1e6 / took;
};
