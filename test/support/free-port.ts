import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of the loopback that nobody has at this moment, for programs that cannot be told to take any. */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
};
