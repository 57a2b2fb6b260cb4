import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { request as secureRequest } from 'node:https';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type {
  CallsJson,
  HeatJson,
  MethodJson,
  OperationJson,
  OverviewJson,
  TraceJson,
} from '../../src/web/api.ts';
import { PageError } from '../../src/web/listen.ts';
import { anOperation, aSpan, startOf } from '../store/a-span.ts';
import { aCall } from '../support/a-call.ts';
import { temporaryFolder } from '../support/folder.ts';
import { aPage, get } from './a-page.ts';

const root = anOperation(5);
const spans = [
  ...Array.from({ length: 5 }, (_, n) => aSpan(n)),
  aSpan(6, { traceId: root.traceId, parentSpanId: root.spanId }),
  aSpan(7, {
    attributes: { 'rpc.method': 'runtime.v1.ImageService/PullImage', 'rpc.status_code': 'NOT_FOUND' },
    status: { code: 'error', message: 'no such image' },
    end: startOf(7) + 2_000_000_000n,
  }),
  root,
];

describe('what the page is told', () => {
  it('calls by filter, in pages', async (test) => {
    const { server } = await aPage(test, spans);
    const ask = async (query: string): Promise<CallsJson> =>
      JSON.parse((await get(server.address, `/api/calls?${query}`)).body);
    assert.equal((await ask('')).calls.length, 7);
    assert.deepEqual(
      (await ask('pod=default/pod-3')).calls.map(({ pod }) => pod),
      ['default/pod-3'],
    );
    assert.deepEqual(
      (await ask('status=!OK')).calls.map(({ status }) => status),
      ['NOT_FOUND'],
    );
    assert.equal((await ask('min=1000')).calls.length, 1);
    assert.equal((await ask('method=Pull*')).calls.length, 1);
    const first = await ask('limit=3');
    const second = await ask(`limit=10&before=${first.before}`);
    assert.equal(first.calls.length + second.calls.length, 7);
    assert.equal(second.before, null);
  });

  it('methods, a heat map, operations, an overview and a trace', async (test) => {
    const { server } = await aPage(test, spans);
    const methods: MethodJson[] = JSON.parse((await get(server.address, '/api/methods')).body);
    assert.deepEqual(
      methods.map(({ method, calls, errors, p50, max }) => ({ method, calls, errors, p50, max })),
      [
        { method: 'runtime.v1.RuntimeService/RunPodSandbox', calls: 6, errors: 0, p50: 1, max: 1 },
        { method: 'runtime.v1.ImageService/PullImage', calls: 1, errors: 1, p50: 2000, max: 2000 },
      ],
    );
    const overview: OverviewJson = JSON.parse((await get(server.address, '/api/overview')).body);
    assert.equal(overview.calls, 7);
    assert.equal(overview.operations, 1);
    const heat: HeatJson = JSON.parse(
      (await get(server.address, `/api/heat?from=${overview.from}&to=${overview.to}&columns=10`)).body,
    );
    // Without a time it is of all that there is.
    const whole: HeatJson = JSON.parse((await get(server.address, '/api/heat?columns=10')).body);
    assert.deepEqual([whole.from, whole.counts], [overview.from, heat.counts]);
    assert.equal(
      heat.counts.reduce((sum, value) => sum + value, 0),
      7,
    );
    assert.equal(
      heat.errors.reduce((sum, value) => sum + value, 0),
      1,
    );
    const [operation]: OperationJson[] = JSON.parse((await get(server.address, '/api/operations')).body);
    assert.equal(operation?.pod, 'default/pod-5');
    assert.equal(operation.ms, 500);
    assert.equal(operation.parts.sandbox, 300);
    const trace: TraceJson = JSON.parse((await get(server.address, `/api/trace/${root.traceId}`)).body);
    assert.equal(trace.spans.length, 2);
    assert.equal(trace.ms, 500);
    assert.deepEqual(
      trace.spans.map(({ offsetMs, ms }) => [offsetMs, ms]),
      [
        [0, 500],
        [1, 1],
      ],
    );
  });

  it('a question that cannot be answered says why', async (test) => {
    const { server } = await aPage(test, spans);
    for (const [path, status, text] of [
      ['/api/calls?limit=100000', 400, /limit: .* is no number from 1 to 1000/],
      ['/api/calls?min=soon', 400, /min: .*soon/],
      [`/api/calls?method=${'x'.repeat(300)}`, 400, /longer than 256/],
      [`/api/trace/${'f'.repeat(32)}`, 404, /not there, or no longer/],
      ['/api/nothing', 404, /nothing of that name/],
      ['/api/calls?d=7', 404, /not open here/],
      ['/none.js', 404, /not found/],
      ['/../../etc/passwd', 404, /not found/],
      ['/', 503, /npm run build/],
    ] as const) {
      const got = await get(server.address, path);
      assert.equal(got.status, status, path);
      assert.match(got.body, text);
    }
  });

  it('every answer forbids what the page does not need, and other origins get none', async (test) => {
    const { server, counters } = await aPage(test, spans);
    const good = await get(server.address, '/api/about');
    assert.match(
      String(good.headers['content-security-policy']),
      /default-src 'none'.*frame-ancestors 'none'/,
    );
    assert.equal(good.headers['x-content-type-options'], 'nosniff');
    assert.equal(good.headers['access-control-allow-origin'], undefined);
    const bad = await get(server.address, '/api/calls', { host: 'evil.example' });
    assert.equal(bad.status, 403);
    assert.doesNotMatch(bad.body, /pod-/);
    assert.match(String(bad.headers['content-security-policy']), /default-src 'none'/);
    assert.equal(counters.refused, 1);
  });

  it('live: what comes is sent as it comes, and what is in flight with its age', async (test) => {
    const now = 1_795_476_346_832_945_208n;
    const live = {
      now: () => now,
      inFlight: () => [aCall()],
      health: () => ({}),
      lostBytes: () => 17,
      outlook: () => null,
    };
    const { server, add, counters } = await aPage(test, spans, { live });
    const abort = new AbortController();
    test.after(() => abort.abort());
    const response = await fetch(`http://${server.address}/api/live?d=0`, { signal: abort.signal });
    const reader = response.body?.getReader();
    assert.ok(reader !== undefined);
    add(aSpan(90), aSpan(91));
    let text = '';
    while (!text.includes('pod-91')) text += Buffer.from((await reader.read()).value ?? []).toString();
    const [message = ''] = text.split('\n').filter((line) => line.includes('pod-91'));
    const tick = JSON.parse(message.replace(/^data: /, ''));
    assert.deepEqual(
      tick.calls.map(({ pod }: { pod: string }) => pod),
      ['default/pod-91', 'default/pod-90'],
    );
    assert.equal(tick.lostBytes, 17);
    assert.equal(tick.inFlight[0].method, 'RunPodSandbox');
    assert.equal(tick.inFlight[0].ageMs, 10_000);
    assert.equal(counters.watchers, 1);
  });

  it('more watchers than allowed are sent away', async (test) => {
    const { server } = await aPage(test, spans, {}, { watchers: 1 });
    const abort = new AbortController();
    test.after(() => abort.abort());
    await fetch(`http://${server.address}/api/live`, { signal: abort.signal });
    const second = await get(server.address, '/api/live');
    assert.equal(second.status, 503);
    assert.match(second.body, /1 pages watch already/);
  });

  it('a tick carries so many calls at most, and says how many more there were', async (test) => {
    const { server, add, counters } = await aPage(test, spans, {}, { tickCalls: 10 });
    const abort = new AbortController();
    test.after(() => abort.abort());
    const response = await fetch(`http://${server.address}/api/live`, { signal: abort.signal });
    const reader = response.body?.getReader();
    assert.ok(reader !== undefined);
    add(...Array.from({ length: 300 }, (_, n) => aSpan(1000 + n)));
    let text = '';
    while (!text.includes('pod-1299')) text += Buffer.from((await reader.read()).value ?? []).toString();
    assert.match(text, /"skipped":290/);
    assert.equal(counters.callsSkipped, 290);
  });
});

describe('where the page is', () => {
  it('beyond the loopback only with a token or certificates', async (test) => {
    const address = { kind: 'tcp', host: '0.0.0.0', port: 0 } as const;
    await assert.rejects(
      aPage(test, [], { address }),
      (error: unknown) =>
        error instanceof PageError &&
        /whoever reaches 0\.0\.0\.0.*--page-token-file.*--page-client-ca/.test(error.message),
    );
    const { server } = await aPage(test, spans, { address, token: 'a-long-enough-secret' });
    const at = server.address.replace('0.0.0.0', '127.0.0.1');
    const without = await get(at, '/api/about');
    assert.equal(without.status, 401);
    assert.match(String(without.headers['www-authenticate']), /Basic/);
    const withIt = await get(at, '/api/about', { authorization: 'Bearer a-long-enough-secret' });
    assert.equal(withIt.status, 200);
    assert.doesNotMatch(withIt.body, /secret/);
  });

  it("on a unix socket, its owner's alone, also where a crash left one", async (test) => {
    const path = join(await temporaryFolder(test), 'page.sock');
    const address = { kind: 'unix', path } as const;
    const { server } = await aPage(test, spans, { address });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(server.url, null);
    assert.equal((await get(server.address, '/api/about')).status, 200);
    await assert.rejects(aPage(test, spans, { address }), /listens there already/);
  });

  it('an address that is taken is said', async (test) => {
    const { server } = await aPage(test, spans);
    const port = Number(server.address.split(':')[1]);
    await assert.rejects(
      aPage(test, spans, { address: { kind: 'tcp', host: '127.0.0.1', port } }),
      /cannot listen on 127\.0\.0\.1:\d+: something listens there already/,
    );
  });
});

describe('with certificates', () => {
  const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });
  /** An authority, and a certificate of it for each name. */
  const certificates = async (test: Parameters<typeof temporaryFolder>[0]) => {
    const folder = await temporaryFolder(test);
    const at = (name: string): string => join(folder, name);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      at('ca.key'),
      '-out',
      at('ca.pem'),
      '-subj',
      '/CN=ca',
      '-days',
      '2',
    );
    for (const name of ['page', 'client']) {
      openssl('req', ...key, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
      openssl(
        ...['x509', '-req', '-in', at(`${name}.csr`), '-CA', at('ca.pem'), '-CAkey', at('ca.key')],
        ...['-CAcreateserial', '-out', at(`${name}.pem`), '-days', '2'],
      );
    }
    return (name: string): Buffer => readFileSync(at(name));
  };

  it('only who shows one of the right authority is answered, by any name', async (test) => {
    const read = await certificates(test);
    const { server } = await aPage(test, spans, {
      address: { kind: 'tcp', host: '0.0.0.0', port: 0 },
      tls: { key: read('page.key'), certificate: read('page.pem'), clientAuthorities: read('ca.pem') },
    });
    assert.match(server.url ?? '', /^https:/);
    const port = Number(server.address.split(':')[1]);
    const ask = (identity: object): Promise<number> =>
      new Promise((resolve, reject) => {
        const asked = secureRequest(
          {
            host: '127.0.0.1',
            port,
            path: '/api/about',
            ca: read('ca.pem'),
            checkServerIdentity: () => undefined,
            ...identity,
          },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        asked.on('error', reject);
        asked.end();
      });
    assert.equal(
      await ask({ key: read('client.key'), cert: read('client.pem'), headers: { host: 'node-7' } }),
      200,
    );
    await assert.rejects(ask({}));
  });
});
