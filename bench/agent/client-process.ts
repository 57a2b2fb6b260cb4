import { kubeletCalls } from './kubelet-calls.ts';
import { openPacedClient, type PacedClient } from './paced-client.ts';

// Asks what a kubelet asks: `client-process.ts NAME`, as a process of that name. It is sent the containers' ids, then
// what to do, and sends back the milliseconds of each call. One connection to each socket.

export interface PacedWork {
  readonly socket: string;
  readonly seconds: number;
  /** Null: in loops, as a kubelet does; else so many a second, evenly. */
  readonly perSecond: number | null;
}

const [, , name = 'client'] = process.argv;
process.title = name;
process.once('message', (ids: readonly string[]) => {
  const calls = kubeletCalls(ids);
  const clients = new Map<string, PacedClient>();
  process.on('message', async ({ socket, perSecond, seconds }: PacedWork) => {
    const client = clients.get(socket) ?? openPacedClient(socket, calls);
    clients.set(socket, client);
    process.send?.(
      perSecond === null ? await client.loops(seconds) : await client.evenly(perSecond, seconds),
    );
  });
});
