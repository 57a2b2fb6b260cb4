import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { aClient, aRuntime, type Call } from '../support/a-runtime.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { metricsAddressOf, samplesOf, sumOf } from '../support/metrics-page.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { until } from '../support/until.ts';

const aCollector = async (t: TestContext, port = 0): Promise<OtlpReceiver> => {
  const receiver = await startOtlpReceiver(port);
  t.after(() => receiver.close());
  return receiver;
};

interface Reloadable {
  readonly call: Call;
  readonly folder: string;
  readonly stderr: () => string;
  /** Writes these lines below those that stay, and returns what the agent said of it. */
  readonly reload: (lines: readonly string[]) => Promise<string>;
  readonly metrics: (name: string, labels?: Readonly<Record<string, string>>) => Promise<number>;
  readonly end: () => Promise<number | null>;
}

const reloadable = async (t: TestContext, lines: readonly string[]): Promise<Reloadable> => {
  const folder = await temporaryFolder(t);
  const runtime = await aRuntime(t);
  const file = join(folder, 'config.yaml');
  const listen = join(folder, 'cri.sock');
  const write = (more: readonly string[]): void =>
    writeFileSync(
      file,
      [
        ...[`runtime-endpoint: ${runtime.socket}`, `listen: ${listen}`, 'source: proxy', 'host-id: h'],
        ...['sampling: all', 'metrics-port: 0', `spool-dir: ${join(folder, 'spool')}`, 'otlp-delay: 20ms'],
        ...['page-listen: off', ...more, ''],
      ].join('\n'),
    );
  write(lines);
  const agent = critraceProcess(t, ['agent', '--config', file]);
  await agent.says(/"msg":"ready"/);
  const address = await metricsAddressOf(agent);
  const done = /"msg":"reloaded"|stays as it was/g;
  let reloads = 0;
  return {
    folder,
    call: aClient(t, listen),
    stderr: agent.stderr,
    async reload(more) {
      const before = agent.stderr().length;
      write(more);
      agent.child.kill('SIGHUP');
      reloads += 1;
      await until(() => (agent.stderr().match(done) ?? []).length === reloads, agent.stderr, 40_000);
      return agent.stderr().slice(before);
    },
    async metrics(name, labels) {
      const page = await (await fetch(`${address}/metrics`)).text();
      return sumOf(samplesOf(page), name, labels);
    },
    end: () => agent.end('SIGTERM'),
  };
};

const idsOf = (...receivers: readonly OtlpReceiver[]): string[] =>
  receivers.flatMap(({ spans }) => spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));

const clientCalls = (...receivers: readonly OtlpReceiver[]): number =>
  receivers.flatMap(({ spans }) => spans).filter(({ name, kind }) => kind === 3 && name.endsWith('/Status'))
    .length;

test('SIGHUP sends spans to another collector, and back, while calls pass: none is lost, none comes twice', async (t) => {
  const [one, other] = [await aCollector(t), await aCollector(t)];
  const to = ({ port }: OtlpReceiver): readonly string[] => [`otlp-endpoint: http://127.0.0.1:${port}`];
  const agent = await reloadable(t, to(one));
  let isOver = false;
  let calls = 0;
  const load = (async () => {
    while (!isOver) {
      assert.equal((await agent.call('Status')).record.code, 'OK');
      calls += 1;
    }
  })();
  for (let turn = 0; turn < 3; turn++)
    for (const receiver of [other, one]) {
      const before = receiver.spans.length;
      assert.match(await agent.reload(to(receiver)), /"changed":\["otlp-endpoint"\]/);
      await receiver.until(() => receiver.spans.length > before + 20);
    }
  isOver = true;
  await load;
  assert.equal(await agent.end(), 0);
  const ids = idsOf(one, other);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(clientCalls(one, other), calls);
  assert.ok(clientCalls(other) > 0 && clientCalls(one) > 0);
});

test('what waits for a collector that is away goes to the one that SIGHUP names, with its headers; none is told to nobody', async (t) => {
  const agent = await reloadable(t, [`otlp-endpoint: http://127.0.0.1:${await freePort()}`]);
  for (let calls = 0; calls < 30; calls++) await agent.call('Status');
  await until(() => /spans wait/.test(agent.stderr()), agent.stderr);
  const there = await aCollector(t);
  const said = await agent.reload([
    `otlp-endpoint: http://127.0.0.1:${there.port}`,
    ...['otlp-headers: { x-tenant: blue }', 'otlp-compression: gzip', 'otlp-batch: 7', 'spool-spans: 600'],
  ]);
  assert.match(
    said,
    /"changed":\["otlp-endpoint","otlp-headers","otlp-compression","spool-spans","otlp-batch"\]/,
  );
  await there.until(() => clientCalls(there) === 30);
  assert.deepEqual(there.metadata?.get('x-tenant'), ['blue']);
  assert.doesNotMatch(said, /blue/);

  // Switched off, and on again: what is observed meanwhile goes to no collector, as asked.
  const delivered = await agent.metrics('critrace_export_spans_total', {
    exporter: 'otlp',
    result: 'delivered',
  });
  assert.ok(delivered >= 60, `${delivered}`);
  assert.match(await agent.reload([]), /"changed":\[[^\]]*"otlp-endpoint"/);
  for (let calls = 0; calls < 5; calls++) await agent.call('Status');
  await agent.reload([`otlp-endpoint: http://127.0.0.1:${there.port}`]);
  for (let calls = 0; calls < 5; calls++) await agent.call('Status');
  await there.until(() => clientCalls(there) === 35);
  assert.equal(await agent.end(), 0);
  assert.equal(clientCalls(there), 35);
  const ids = idsOf(there);
  assert.equal(new Set(ids).size, ids.length);
});

test('a collector whose certificate cannot be read is refused by name, and the one before goes on', async (t) => {
  const there = await aCollector(t);
  const before = [`otlp-endpoint: http://127.0.0.1:${there.port}`];
  const agent = await reloadable(t, before);
  const said = await agent.reload([
    'otlp-endpoint: https://127.0.0.1:4317',
    `otlp-certificate: ${join(agent.folder, 'none.pem')}`,
    `store-dir: ${join(agent.folder, 'store')}`,
  ]);
  assert.match(said, /stays as it was: otlp-certificate: .*none\.pem.*ENOENT/);
  assert.ok(!existsSync(join(agent.folder, 'store')));
  writeFileSync(
    join(agent.folder, 'none.pem'),
    '-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n',
  );
  const wrong = await agent.reload([
    'otlp-endpoint: https://127.0.0.1:4317',
    `otlp-certificate: ${join(agent.folder, 'none.pem')}`,
  ]);
  assert.match(wrong, /stays as it was: otlp-certificate: .*none\.pem.* cannot be read/);
  await agent.call('Status');
  await there.until(() => clientCalls(there) === 1);
  assert.equal(await agent.end(), 0);
});

test('SIGHUP begins a store, and leaves it again; what cannot change is said with why', async (t) => {
  const agent = await reloadable(t, []);
  const store = join(agent.folder, 'store');
  assert.match(await agent.reload([`store-dir: ${store}`]), /"changed":\["store-dir"\]/);
  await agent.call('Status');
  const stored = (): string => readFileSync(join(store, 'traces.jsonl'), 'utf8');
  await until(() => stored().includes('RuntimeService/Status'), stored);
  assert.match(
    await agent.reload(['ring-size: 4MiB', 'spool-disk: 0']),
    /count after a restart: ring-size \(the kernel made the ring at the start\), spool-disk \(with 0 /,
  );
  const lines = stored();
  await agent.call('Status');
  assert.equal(await agent.end(), 0);
  assert.equal(stored(), lines);
});
