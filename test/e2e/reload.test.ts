import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aClient, aRuntime } from '../support/a-runtime.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { metricsAddressOf } from '../support/metrics-page.ts';
import { until } from '../support/until.ts';
import { get } from '../web/a-page.ts';

test('SIGHUP takes up what can change, names what cannot, and survives a wrong file; calls pass all the while', async (t) => {
  const folder = await temporaryFolder(t);
  const runtime = await aRuntime(t);
  const file = join(folder, 'config.yaml');
  const listen = join(folder, 'cri.sock');
  const write = (lines: readonly string[]): void =>
    writeFileSync(file, ['metrics-port: 0', ...lines, ''].join('\n'));
  const base = [`runtime-endpoint: ${runtime.socket}`, `listen: ${listen}`, 'source: proxy', 'host-id: h'];
  write(base);
  const agent = critraceProcess(t, ['agent', '--config', file]);
  await agent.says(/"msg":"ready"/);
  const address = await metricsAddressOf(agent);
  const call = aClient(t, listen);
  const reload = async (lines: readonly string[], says: RegExp): Promise<string> => {
    const before = agent.stderr().length;
    write(lines);
    agent.child.kill('SIGHUP');
    await until(
      () => says.test(agent.stderr().slice(before)),
      () => `${says}: ${agent.stderr().slice(before)}`,
    );
    assert.equal((await call('Version')).record.code, 'OK');
    return agent.stderr().slice(before);
  };

  await reload(base, /"changed":\[\],"msg":"reloaded"/);
  assert.equal((await fetch(`${address}/healthz`)).status, 200);

  const moved = await reload([...base, 'metrics-host: 127.0.0.2', 'stop-timeout: 3s'], /"msg":"reloaded"/);
  assert.match(moved, /"changed":\["metrics-host","stop-timeout"\]/);
  assert.match(moved, /metrics on http:\/\/127\.0\.0\.2:\d+\/metrics/);
  await assert.rejects(fetch(`${address}/healthz`));

  const cannot = await reload(
    [...base, 'host-id: other'].filter((line) => line !== 'host-id: h'),
    /count after a restart/,
  );
  assert.match(cannot, /"waiting":\["host-id"\]/);

  const wrong = await reload([...base, 'log-level: loud'], /stays as it was/);
  assert.match(wrong, /log-level: \\"loud\\" cannot be used/);

  const quiet = await reload([...base, 'log-level: warn', 'ring-size: 4MiB'], /count after a restart/);
  assert.doesNotMatch(quiet, /reloaded/);
  await reload(base, /"changed":\[.*"log-level".*\],"msg":"reloaded"/);
  assert.equal(await agent.end('SIGTERM'), 0);
});

test('SIGHUP moves the page, takes up its token and the size of the store’s files', async (t) => {
  const folder = await temporaryFolder(t);
  const runtime = await aRuntime(t);
  const file = join(folder, 'config.yaml');
  const token = join(folder, 'token');
  const store = join(folder, 'store');
  const listen = join(folder, 'cri.sock');
  const base = [
    ...[`runtime-endpoint: ${runtime.socket}`, `listen: ${listen}`, 'source: proxy', 'host-id: h'],
    ...['metrics-exporter: none', `store-dir: ${store}`, ''],
  ].join('\n');
  const first = join(folder, 'first.sock');
  const second = join(folder, 'second.sock');
  const written = (page: readonly string[]): void => writeFileSync(file, base + page.join('\n'));
  written([`page-listen: unix://${first}`]);
  const agent = critraceProcess(t, ['agent', '--config', file]);
  await agent.says(/"msg":"ready"/);
  const call = aClient(t, listen);
  let reloads = 0;
  const reload = async (): Promise<string> => {
    const before = agent.stderr().length;
    agent.child.kill('SIGHUP');
    reloads += 1;
    await until(
      () => (agent.stderr().match(/"msg":"reloaded"|stays as it was/g) ?? []).length === reloads,
      () => agent.stderr(),
    );
    return agent.stderr().slice(before);
  };
  const page = async (path: string, password?: string): Promise<number> =>
    (
      await get(
        `unix://${path}`,
        '/api/overview',
        password === undefined ? {} : { authorization: `Bearer ${password}` },
      )
    ).status;
  assert.equal(await page(first), 200);

  written([`page-listen: unix://${second}`, `page-token-file: ${token}`, 'store-file-size: 64KiB']);
  assert.match(await reload(), /page-token-file: cannot read .*ENOENT/);
  assert.equal(await page(first), 200);

  writeFileSync(token, 'a-token-of-many-letters');
  assert.match(await reload(), /"changed":\["store-file-size","page-listen","page-token-file"\]/);
  await assert.rejects(page(first));
  assert.equal(await page(second), 401);
  assert.equal(await page(second, 'a-token-of-many-letters'), 200);

  // The path is the same; what the file holds is not.
  writeFileSync(token, 'another-token-of-many-letters');
  assert.match(await reload(), /"changed":\[\],"msg":"reloaded"/);
  assert.equal(await page(second, 'a-token-of-many-letters'), 401);
  assert.equal(await page(second, 'another-token-of-many-letters'), 200);

  // By the size that counted at the start the file would not be closed yet.
  const closed = (): readonly string[] => readdirSync(store).filter((name) => name !== 'traces.jsonl');
  for (let calls = 0; closed().length === 0; calls++) {
    assert.ok(calls < 5_000, 'no file of the store was closed');
    assert.equal((await call('Version')).record.code, 'OK');
  }
  assert.equal(await agent.end('SIGTERM'), 0);
});

test('SIGHUP switches page and metrics on and off: what was off at the start too', async (t) => {
  const folder = await temporaryFolder(t);
  const runtime = await aRuntime(t);
  const file = join(folder, 'config.yaml');
  const listen = join(folder, 'cri.sock');
  const page = join(folder, 'page.sock');
  const write = (lines: readonly string[]): void =>
    writeFileSync(
      file,
      [`runtime-endpoint: ${runtime.socket}`, `listen: ${listen}`, 'source: proxy', ...lines, ''].join('\n'),
    );
  const off = ['metrics-exporter: none', 'page-listen: off'];
  write(off);
  const agent = critraceProcess(t, ['agent', '--config', file]);
  await agent.says(/"msg":"ready"/);
  assert.doesNotMatch(agent.stderr(), /metrics on/);
  const call = aClient(t, listen);
  let reloads = 0;
  const reload = async (lines: readonly string[]): Promise<void> => {
    write(lines);
    agent.child.kill('SIGHUP');
    reloads += 1;
    await until(() => (agent.stderr().match(/"msg":"reloaded"/g) ?? []).length === reloads, agent.stderr);
  };
  const overview = () => get(`unix://${page}`, '/api/overview', {});

  await reload(['metrics-port: 0', `page-listen: unix://${page}`]);
  const address = await metricsAddressOf(agent);
  for (let calls = 0; calls < 3; calls++) assert.equal((await call('Version')).record.code, 'OK');
  assert.equal((await overview()).status, 200);
  const text = async (): Promise<string> => (await fetch(`${address}/metrics`)).text();
  assert.match(await text(), /rpc_client_call_duration_seconds_count\{[^}]*Version[^}]*\} 3/);

  await reload(off);
  await assert.rejects(overview());
  await assert.rejects(text());
  assert.equal((await call('Version')).record.code, 'OK');

  // Both know what came since, and no more.
  await reload(['metrics-port: 0', `page-listen: unix://${page}`]);
  assert.equal((await call('Version')).record.code, 'OK');
  assert.equal((await overview()).status, 200);
  const last = [...agent.stderr().matchAll(/metrics on (http:\S+)\/metrics/g)].at(-1)?.[1];
  assert.match(
    await (await fetch(`${last}/metrics`)).text(),
    /rpc_client_call_duration_seconds_count\{[^}]*Version[^}]*\} 1/,
  );
  assert.equal(await agent.end('SIGTERM'), 0);
});

test('SIGHUP while the agent still starts is taken up once it has; other commands end by it', async (t) => {
  const folder = await temporaryFolder(t);
  const runtime = await aRuntime(t);
  const source = (name: string) => ['-r', runtime.socket, '--listen', join(folder, `${name}.sock`)];
  const agent = critraceProcess(t, [
    'agent',
    ...source('agent'),
    ...['--metrics-exporter', 'none', '--page-listen', 'off'],
  ]);
  await agent.says(/"msg":"starting"/);
  agent.child.kill('SIGHUP');
  await agent.says(/"msg":"reloaded"/);
  assert.ok(agent.stderr().indexOf('"ready"') > 0);
  assert.equal(await agent.end('SIGTERM'), 0);

  const observe = critraceProcess(t, ['observe', ...source('observe')]);
  await observe.says(/listening on/);
  await observe.end('SIGHUP');
  assert.equal(observe.child.signalCode, 'SIGHUP');
});
