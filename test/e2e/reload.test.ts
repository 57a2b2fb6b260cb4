import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aClient, aRuntime } from '../support/a-runtime.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { metricsAddressOf } from '../support/metrics-page.ts';
import { until } from '../support/until.ts';

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

  const quiet = await reload([...base, 'log-level: warn', 'node-name: x'], /count after a restart/);
  assert.doesNotMatch(quiet, /reloaded/);
  await reload(base, /"changed":\[.*"log-level".*\],"msg":"reloaded"/);
  assert.equal(await agent.end('SIGTERM'), 0);
});
