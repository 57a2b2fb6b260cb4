import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { createMetricsCounters } from '../../src/metrics/counters.ts';
import {
  defaultEndpointLimits,
  type Endpoint,
  openEndpoint,
  type Pages,
} from '../../src/metrics/endpoint.ts';
import { createManualTimers, type ManualTimers } from '../support/manual-timers.ts';
import { until } from '../support/until.ts';

interface Opened {
  readonly endpoint: Endpoint;
  readonly timers: ManualTimers;
  readonly log: string[];
  readonly counters: ReturnType<typeof createMetricsCounters>;
}

const pages: Pages = {
  '/metrics': (accept) => ({ status: 200, type: 'text/plain', body: `asked for ${accept}\n` }),
  '/broken': () => Promise.reject(new Error('no')),
  '/readyz': () => ({ status: 503, type: 'text/plain', body: 'not ready\n' }),
};

const opened = async (t: TestContext, port = 0): Promise<Opened> => {
  const timers = createManualTimers();
  const counters = createMetricsCounters();
  const log: string[] = [];
  const endpoint = await openEndpoint({
    host: '127.0.0.1',
    port,
    pages,
    counters,
    timers,
    log: (level, message) => log.push(`${level} ${message}`),
  });
  t.after(() => endpoint.close());
  return { endpoint, timers, log, counters };
};

test('pages by path; other paths and methods are refused and counted', async (t) => {
  const { endpoint, counters } = await opened(t);
  const address = endpoint.address();
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const response = await fetch(`${address}${path}`, init);
    return `${response.status} ${await response.text()}`;
  };
  assert.equal(await ask('/metrics?x=1', { headers: { accept: 'x/y' } }), '200 asked for x/y\n');
  assert.equal(await ask('/readyz'), '503 not ready\n');
  assert.equal(await ask('/metrics', { method: 'HEAD' }), '200 ');
  assert.equal(await ask('/metrics', { method: 'POST' }), '405 only GET and HEAD\n');
  assert.match(await ask('/__proto__'), /^404 there is \/metrics/);
  assert.match(await ask('/'), /^404/);
  assert.deepEqual(counters, { ...createMetricsCounters(), requests: 6, refusedRequests: 3 });
});

test('a page that cannot be made costs its request only', async (t) => {
  const { endpoint, log } = await opened(t);
  await assert.rejects(fetch(`${endpoint.address()}/broken`));
  assert.equal((await fetch(`${endpoint.address()}/metrics`)).status, 200);
  assert.match(log.at(-1) ?? '', /^error a fault of critrace itself, \/broken/);
});

test('an address that is taken is tried again, with one word of it', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const taken = other.address();
  assert.ok(typeof taken === 'object' && taken !== null);
  const { endpoint, timers, log } = await opened(t, taken.port);
  assert.equal(endpoint.address(), null);
  await timers.advance(defaultEndpointLimits.retryMs);
  assert.equal(log.length, 1);
  assert.match(log[0] ?? '', /^warn metrics cannot be served on 127\.0\.0\.1:\d+ \(EADDRINUSE\)/);
  await new Promise((resolve) => other.close(resolve));
  await timers.advance(defaultEndpointLimits.retryMs);
  await until(() => endpoint.address() !== null, 'the address');
  assert.equal((await fetch(`${endpoint.address()}/metrics`)).status, 200);
});

test('once closed it is gone, and a try that waits is taken back', async (t) => {
  const { endpoint } = await opened(t);
  const address = endpoint.address();
  await endpoint.close();
  assert.equal(endpoint.address(), null);
  await assert.rejects(fetch(`${address}/metrics`));
});
