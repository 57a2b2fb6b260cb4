import { request } from 'node:http';
import type { TestContext } from 'node:test';
import { parseOtlpLine } from '../../src/export/otlp-parse.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { systemTimers } from '../../src/foundation/timers.ts';
import type { Span } from '../../src/spans/span.ts';
import { createMemoryLines } from '../../src/store/memory-lines.ts';
import { createStore } from '../../src/store/store.ts';
import type { Dataset, LiveFacts } from '../../src/web/dataset.ts';
import { createPageCounters, defaultPageLimits, type PageLimits } from '../../src/web/limits.ts';
import { openPageServer, type PageServerOptions } from '../../src/web/page-server.ts';
import { lineOf } from '../store/a-store.ts';

/** A page on any free port that shows these spans; more come by `add`. */
export const aPage = async (
  test: TestContext,
  spans: readonly Span[],
  options: Partial<PageServerOptions> & { readonly live?: LiveFacts } = {},
  limits: Partial<PageLimits> = {},
) => {
  const lines = createMemoryLines();
  const store = createStore({ lines, parse: parseOtlpLine });
  const add = (...more: readonly Span[]): void => {
    for (let from = 0; from < more.length; from += 512) lines.add(lineOf(...more.slice(from, from + 512)));
  };
  add(...spans);
  await store.refresh();
  const { live = null, ...rest } = options;
  const dataset: Dataset = { id: '0', kind: 'agent', label: 'a test', growing: true, store, live };
  const counters = createPageCounters();
  const server = await openPageServer({
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    token: null,
    tls: null,
    version: '0.0.0',
    assets: new Map(),
    datasets: { list: () => [dataset], find: (id) => (id === null || id === '0' ? dataset : null) },
    takeCapture: null,
    clock: systemClock(),
    timers: systemTimers(systemClock()),
    limits: { ...defaultPageLimits, watchedEveryMs: 20, idleEveryMs: 20, ...limits },
    counters,
    onFault: (error) => {
      throw error;
    },
    ...rest,
  });
  test.after(() => server.close());
  return { server, store, counters, add };
};

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Asks with any headers, `Host` too, which `fetch` would not let through. */
export const get = (
  address: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Got> =>
  new Promise((resolve, reject) => {
    const at = address.startsWith('unix://')
      ? { socketPath: address.slice('unix://'.length), headers: { host: 'localhost', ...headers } }
      : { host: address.split(':')[0], port: address.split(':')[1], headers };
    const asked = request({ ...at, path }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
