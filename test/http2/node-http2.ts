import { mkdtemp, rm } from 'node:fs/promises';
import http2 from 'node:http2';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Step } from './wire.ts';

/** What a client asks and a server answers; pseudo-headers are added by node. */
export interface Exchange {
  readonly request: readonly (readonly [string, string])[];
  readonly requestBody: Uint8Array;
  readonly response: readonly (readonly [string, string])[];
  readonly responseBody: Uint8Array;
  readonly trailers: readonly (readonly [string, string])[];
}

export interface SessionShape {
  readonly exchanges: readonly Exchange[];
  /** How many exchanges go at once. */
  readonly parallel: number;
  /** SETTINGS_HEADER_TABLE_SIZE that both announce. */
  readonly tableSize: number;
  readonly padding: 'none' | 'aligned' | 'max';
}

const paddings = {
  none: http2.constants.PADDING_STRATEGY_NONE,
  // PADDING_STRATEGY_ALIGNED, which @types/node does not know.
  aligned: 1,
  max: http2.constants.PADDING_STRATEGY_MAX,
};

/** A name with this prefix is sent never indexed. */
export const sensitivePrefix = 'x-secret';

const headersOf = (fields: readonly (readonly [string, string])[]): http2.OutgoingHttpHeaders => ({
  ...Object.fromEntries(fields),
  [http2.sensitiveHeaders]: fields.map(([name]) => name).filter((name) => name.startsWith(sensitivePrefix)),
});

const listen = (server: net.Server, path: string): Promise<void> =>
  new Promise((resolve) => {
    server.listen(path, resolve);
  });

const closed = (server: net.Server | http2.Http2Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

const converse = (client: http2.ClientHttp2Session, exchange: Exchange, index: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const stream = client.request({
      ':method': 'POST',
      ':path': `/${index}`,
      ...headersOf(exchange.request),
    });
    stream.on('error', reject);
    stream.on('close', resolve);
    stream.resume();
    stream.end(exchange.requestBody);
  });

/** Has nghttp2 talk to itself over a unix socket, and gives what passed, as a relay between them saw it. */
export const record = async ({ exchanges, parallel, tableSize, padding }: SessionShape): Promise<Step[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'critrace-http2-'));
  const options = {
    paddingStrategy: paddings[padding],
    maxSendHeaderBlockLength: 1_000_000,
    maxDeflateDynamicTableSize: Math.max(tableSize, 4096),
    settings: { headerTableSize: tableSize, maxHeaderListSize: 1_000_000 },
  };
  const server = http2.createServer(options);
  server.on('stream', (stream, headers) => {
    const exchange = exchanges[Number(String(headers[':path']).slice(1))];
    stream.on('error', () => undefined);
    stream.resume();
    if (exchange === undefined) {
      stream.close();
      return;
    }
    stream.on('wantTrailers', () => stream.sendTrailers(headersOf(exchange.trailers)));
    stream.on('end', () => {
      stream.respond({ ':status': 200, ...headersOf(exchange.response) }, { waitForTrailers: true });
      stream.end(exchange.responseBody);
    });
  });

  const steps: Step[] = [];
  const serverPath = join(folder, 'server.sock');
  const relayPath = join(folder, 'relay.sock');
  const relay = net.createServer((near) => {
    const far = net.connect(serverPath);
    near.on('data', (bytes) => {
      steps.push({ direction: 'request', bytes: Uint8Array.from(bytes) });
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      steps.push({ direction: 'response', bytes: Uint8Array.from(bytes) });
      near.write(bytes);
    });
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });

  const serverListening = new Promise<void>((resolve) => {
    server.listen(serverPath, resolve);
  });
  await Promise.all([serverListening, listen(relay, relayPath)]);
  const client = http2.connect('http://localhost', {
    ...options,
    createConnection: () => net.connect(relayPath),
  });
  try {
    for (let at = 0; at < exchanges.length; at += parallel)
      await Promise.all(
        exchanges.slice(at, at + parallel).map((exchange, offset) => converse(client, exchange, at + offset)),
      );
  } finally {
    await new Promise<void>((resolve) => {
      client.close(resolve);
    });
    await Promise.all([closed(server), closed(relay)]);
    await rm(folder, { recursive: true });
  }
  return steps;
};
