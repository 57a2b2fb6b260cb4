import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAgent } from '../../src/agent.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { systemTimers } from '../../src/foundation/timers.ts';
import { openLiveSource } from '../../src/live-source.ts';
import { numberAt } from '../../src/metrics/health-metrics.ts';
import { healthNames, healthRows } from '../../src/metrics/health-rows.ts';
import { createTapCounters } from '../../src/source/tap/limits.ts';
import { aClient, aRuntime } from '../support/a-runtime.ts';
import { temporaryFolder } from '../support/folder.ts';

test('every counter that is a metric is one of a real agent, and readiness follows the runtime', async (t) => {
  const folder = await temporaryFolder(t);
  const runtime = await aRuntime(t);
  const listen = join(folder, 'cri.sock');
  const flags = {
    'otlp-endpoint': 'http://127.0.0.1:1',
    'spool-dir': join(folder, 'spool'),
    'store-dir': join(folder, 'store'),
    'metrics-port': '0',
    'stop-timeout': '0',
  };
  const agent = await startAgent({
    config: resolveConfig({ flags, env: {}, file: null }).config,
    environment: {},
    version: '0.0.0',
    clock: systemClock(),
    timers: systemTimers(systemClock()),
    log: () => undefined,
    openSource: (identity, readiness) =>
      openLiveSource({
        identity,
        mode: 'proxy',
        runtime: runtime.socket,
        listen,
        image: null,
        others: [],
        kernelEvents: [],
        ringBytes: 8 * 1024 * 1024,
        clock: systemClock(),
        timers: systemTimers(systemClock()),
        log: () => undefined,
        readiness,
      }),
  });
  t.after(() => agent.stop());
  assert.equal((await aClient(t, listen)('Version')).record.code, 'OK');

  const health = { ...agent.health.snapshot(), tap: { ...createTapCounters() } };
  const paths = healthNames.flatMap((name) => healthRows[name]?.map(({ from }) => from) ?? []);
  assert.ok(paths.length > 50);
  assert.deepEqual(
    paths.filter((path) => numberAt(health, path) === null),
    [],
  );

  const ready = async (): Promise<string> => {
    const response = await fetch(`${agent.metricsAddress()}/readyz`);
    return `${response.status} ${await response.text()}`;
  };
  assert.equal(await ready(), `200 [+] observer\n[+] ${runtime.socket}\nready\n`);
  assert.equal(await (await fetch(`${agent.metricsAddress()}/healthz`)).text(), 'ok\n');
  await runtime.close();
  const deadline = performance.now() + 20_000;
  let said = await ready();
  while (!said.startsWith('503') && performance.now() < deadline) said = await ready();
  assert.match(said, /^503 \[\+\] observer\n\[-\] \S+: cannot be reached \(\w+\)\nnot ready\n$/);
});
