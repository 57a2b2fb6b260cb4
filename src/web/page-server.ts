import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Clock } from '../foundation/clock.ts';
import type { Timers } from '../foundation/timers.ts';
import { isLocal, type PageAddress } from './address.ts';
import type { AboutJson, FailureJson } from './api.ts';
import type { Asset } from './assets.ts';
import type { Dataset } from './dataset.ts';
import { type Access, pageHeaders, refusalOf } from './guard.ts';
import type { PageCounters, PageLimits } from './limits.ts';
import { listen, PageError } from './listen.ts';
import { answerTo, type Datasets } from './routes.ts';
import { createWatchers } from './watchers.ts';

/** PEM. A client must show a certificate that these authorities have signed. */
export interface MutualTls {
  readonly key: Buffer;
  readonly certificate: Buffer;
  readonly clientAuthorities: Buffer;
}

export interface PageServerOptions {
  readonly address: PageAddress;
  readonly token: string | null;
  readonly tls: MutualTls | null;
  readonly version: string;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly datasets: Datasets;
  /** Takes a capture that was dropped on the page; null: none is taken here. */
  readonly takeCapture: ((body: NodeJS.ReadableStream, name: string) => Promise<Dataset>) | null;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly limits: PageLimits;
  readonly counters: PageCounters;
  readonly onFault: (error: unknown) => void;
}

export interface PageServer {
  /** `127.0.0.1:9465`, or `unix:///run/...`. */
  readonly address: string;
  /** What to open in a browser; null: it is a socket's file. */
  readonly url: string | null;
  close(): Promise<void>;
}

const accessOf = ({ address, token, tls }: PageServerOptions): Access => {
  if (tls !== null) return { kind: 'certificate' };
  if (token !== null) return { kind: 'token', token };
  if (isLocal(address)) return { kind: 'local' };
  const host = address.kind === 'tcp' ? address.host : address.path;
  throw new PageError(
    `the page would be open to whoever reaches ${host}: it names pods, images and errors; give it a token (--page-token-file) or certificates (--page-certificate, --page-key, --page-client-ca), or listen on 127.0.0.1`,
  );
};

const notBuilt = 'The page was not built: run "npm run build" in the checkout of critrace.';

const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(value));
};

const fail = (response: ServerResponse, status: number, error: string): void => {
  const body: FailureJson = { error };
  json(response, status, body);
};

const header = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.[0];

/** Serves the page and what is on it. Throws PageError where it cannot have its place. */
export const openPageServer = async (options: PageServerOptions): Promise<PageServer> => {
  const { assets, datasets, clock, timers, limits, counters, tls, takeCapture, onFault } = options;
  const access = accessOf(options);
  const watchers = createWatchers(limits, counters);
  const about: Omit<AboutJson, 'datasets'> = {
    version: options.version,
    takesCaptures: takeCapture !== null,
  };

  const serveAsset = (path: string, response: ServerResponse): void => {
    const asset = assets.get(path);
    if (asset === undefined) {
      response.writeHead(path === '/' ? 503 : 404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(path === '/' ? notBuilt : 'not found');
      return;
    }
    const cache = asset.lasting ? 'public, max-age=31536000, immutable' : 'no-cache';
    response.writeHead(200, {
      'content-type': asset.type,
      'cache-control': cache,
      'content-length': asset.body.length,
    });
    response.end(asset.body);
  };

  const serveCapture = async (
    request: IncomingMessage,
    url: URL,
    response: ServerResponse,
  ): Promise<void> => {
    if (takeCapture === null)
      return fail(response, 404, 'this agent takes no captures: run critrace ui FILE');
    const { id, kind, label, growing } = await takeCapture(
      request,
      url.searchParams.get('name') ?? 'capture',
    );
    json(response, 200, { id, kind, label, growing });
  };

  const serveLive = (url: URL, response: ServerResponse): void => {
    const dataset = datasets.find(url.searchParams.get('d'));
    if (dataset === null) fail(response, 404, 'what this link is about is not open here');
    else if (!watchers.add(response, dataset))
      fail(response, 503, `${limits.watchers} pages watch already: close one of them`);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    counters.requests += 1;
    for (const [name, value] of Object.entries(pageHeaders)) response.setHeader(name, value);
    const { headers, method = 'GET' } = request;
    const url = new URL(request.url ?? '/', 'http://page');
    const refusal = refusalOf(
      {
        method,
        path: url.pathname,
        host: headers.host,
        origin: headers.origin,
        site: header(headers['sec-fetch-site']),
        authorization: headers.authorization,
      },
      access,
      takeCapture !== null,
    );
    if (refusal !== null) {
      counters.refused += 1;
      if (refusal.status === 401)
        response.setHeader('www-authenticate', 'Basic realm="critrace", charset="UTF-8"');
      return fail(response, refusal.status, refusal.why);
    }
    if (method === 'POST') return serveCapture(request, url, response);
    if (url.pathname === '/api/live') return serveLive(url, response);
    if (!url.pathname.startsWith('/api/')) return serveAsset(url.pathname, response);
    const answer = await answerTo(url, datasets, about);
    if (answer.kind === 'json') json(response, 200, answer.value);
    else fail(response, answer.status, answer.error);
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response).catch((error: unknown) => {
      counters.failed += 1;
      if (!(error instanceof PageError)) onFault(error);
      if (response.headersSent) response.destroy();
      else if (error instanceof PageError) fail(response, 400, error.message);
      else fail(response, 500, 'a fault of critrace itself: its log says more');
    });
  };

  const http = { maxHeaderSize: limits.headerBytes, requestTimeout: limits.requestMs };
  const server =
    tls === null
      ? createServer(http, onRequest)
      : createSecureServer(
          {
            ...http,
            key: tls.key,
            cert: tls.certificate,
            ca: tls.clientAuthorities,
            requestCert: true,
            rejectUnauthorized: true,
            minVersion: 'TLSv1.2',
          },
          onRequest,
        );
  server.maxConnections = limits.connections;
  const address = await listen(server, options.address);

  let cancelLook: () => void = () => undefined;
  let closed = false;
  const look = async (dueAt: bigint): Promise<void> => {
    const lateMs = Math.max(0, Number(clock.monotonic() - dueAt) / 1e6);
    try {
      for (const { store, growing } of datasets.list()) if (growing) await store.refresh();
      watchers.tick(lateMs);
    } catch (error) {
      onFault(error);
    }
    lookLater();
  };
  const lookLater = (): void => {
    if (closed) return;
    const ms = watchers.size > 0 ? limits.watchedEveryMs : limits.idleEveryMs;
    const dueAt = clock.monotonic() + BigInt(ms) * 1_000_000n;
    cancelLook = timers.after(ms, () => void look(dueAt));
  };
  lookLater();

  return {
    address,
    url: address.startsWith('unix:') ? null : `${tls === null ? 'http' : 'https'}://${address}/`,
    async close() {
      closed = true;
      cancelLook();
      watchers.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
