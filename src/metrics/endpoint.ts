import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExportLog } from '../export/sink.ts';
import type { Timers } from '../foundation/timers.ts';
import type { MetricsCounters } from './counters.ts';

export interface Page {
  readonly status: 200 | 503;
  readonly type: string;
  readonly body: string;
}

/** By path; given the `Accept` header. */
export type Pages = Readonly<Record<string, (accept: string | undefined) => Page | Promise<Page>>>;

export interface EndpointLimits {
  readonly maxConnections: number;
  readonly requestMs: number;
  readonly headerBytes: number;
  /** Between two tries to listen. */
  readonly retryMs: number;
}

export const defaultEndpointLimits: EndpointLimits = {
  maxConnections: 32,
  requestMs: 5_000,
  headerBytes: 8 * 1024,
  retryMs: 10_000,
};

export interface EndpointOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly pages: Pages;
  readonly counters: MetricsCounters;
  readonly log: ExportLog;
  readonly timers: Timers;
  readonly limits?: EndpointLimits;
}

export interface Endpoint {
  /** Where it listens now; null while it cannot. */
  address(): string | null;
  close(): Promise<void>;
}

const hostText = (address: string): string => (address.includes(':') ? `[${address}]` : address);

const isAddress = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

const listening = (server: Server, host: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      const address = server.address();
      if (isAddress(address)) resolve(address);
      else reject(new Error('not a network address'));
    });
  });

/**
 * Serves the pages over HTTP, read-only. An address that is taken is tried again: the agent before this one may still
 * be ending, and no metric is worth the calls that would not be watched.
 */
export const openEndpoint = async (options: EndpointOptions): Promise<Endpoint> => {
  const { host, port, pages, counters, log, timers, limits = defaultEndpointLimits } = options;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    counters.requests += 1;
    const send = (
      status: number,
      type: string,
      body: string,
      headers: Readonly<Record<string, string>> = {},
    ) => {
      if (status >= 400 && status !== 503) counters.refusedRequests += 1;
      response.writeHead(status, {
        'content-type': type,
        'content-length': Buffer.byteLength(body),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        ...headers,
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const text = 'text/plain; charset=utf-8';
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(405, text, 'only GET and HEAD\n', { allow: 'GET, HEAD' });
      return;
    }
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page === undefined) {
      send(404, text, `there is ${Object.keys(pages).join(', ')}\n`);
      return;
    }
    const { status, type, body } = await page(request.headers.accept);
    send(status, type, body, { vary: 'accept' });
  };

  const create = (): Server => {
    const server = createServer(
      {
        maxHeaderSize: limits.headerBytes,
        requestTimeout: limits.requestMs,
        headersTimeout: limits.requestMs,
      },
      (request, response) => {
        answer(request, response).catch((error: unknown) => {
          log('error', `a fault of critrace itself, ${request.url} could not be answered: ${codeOf(error)}`);
          response.destroy();
        });
      },
    );
    server.maxConnections = limits.maxConnections;
    return server;
  };

  let current: { readonly server: Server; readonly url: string } | null = null;
  let closed = false;
  let cancelRetry: () => void = () => undefined;

  const attempt = async (first: boolean): Promise<void> => {
    const server = create();
    try {
      const address = await listening(server, host, port);
      // Accepting may fail later, for want of descriptors: no reason to end.
      server.on('error', (error) => log('warn', `the metrics address: ${codeOf(error)}`));
      server.unref();
      const url = `http://${hostText(address.address)}:${address.port}`;
      if (closed) {
        server.close();
        return;
      }
      current = { server, url };
      log('info', `metrics on ${url}/metrics`);
    } catch (error) {
      if (first)
        log(
          'warn',
          `metrics cannot be served on ${hostText(host)}:${port} (${codeOf(error)}); tried again every ${limits.retryMs / 1000} s`,
        );
      if (closed) return;
      cancelRetry = timers.after(limits.retryMs, () => void attempt(false));
    }
  };
  await attempt(true);

  return {
    address: () => current?.url ?? null,
    async close() {
      closed = true;
      cancelRetry();
      const server = current?.server;
      current = null;
      if (server === undefined) return;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
};
