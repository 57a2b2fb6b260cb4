import { kubeletCalls } from './kubelet-calls.ts';
import { openPacedClient, type PacedClient } from './paced-client.ts';

// Asks what a kubelet asks: `client-process.ts NAME`, as a process of that name. It is sent the containers' ids, then
// what to do, and sends back the milliseconds of each call. One connection to each socket.

export interface PacedWork {
  readonly socket: string;
  readonly seconds: number;
  /** In loops, as a kubelet does, or so many times as fast; or so many calls a second, evenly. */
  readonly pace: { readonly fast: number } | { readonly perSecond: number };
}

const [, , name = 'client'] = process.argv;
process.title = name;
process.once('message', (ids: readonly string[]) => {
  const calls = kubeletCalls(ids);
  const clients = new Map<string, PacedClient>();
  process.on('message', async ({ socket, pace, seconds }: PacedWork) => {
    const client = clients.get(socket) ?? openPacedClient(socket, calls);
    clients.set(socket, client);
    process.send?.(
      'fast' in pace ? await client.loops(seconds, pace.fast) : await client.evenly(pace.perSecond, seconds),
    );
  });
});
