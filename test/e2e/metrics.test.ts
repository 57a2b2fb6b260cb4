import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runScenario } from '../../src/demo/scenario.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import {
  metricsAddressOf,
  promtoolSays,
  samplesOf,
  strictParserSays,
  sumOf,
} from '../support/metrics-page.ts';

test('an agent that watched a pod serves both formats, and two independent readers take them', async (t) => {
  const folder = await temporaryFolder(t);
  const listen = join(folder, 'cri.sock');
  let pages: { classic: string; openMetrics: string; types: (string | null)[] } | null = null;
  const result = await runScenario({
    runtime: 'simulated',
    clock: systemClock(),
    log: () => undefined,
    signal: new AbortController().signal,
    pace: 0.05,
    through: async (runtime) => {
      const agent = critraceProcess(t, [
        'agent',
        ...['--source', 'proxy', '-r', runtime, '--listen', listen, '--metrics-port', '0', '--host-id', 'h'],
      ]);
      await agent.says(/"msg":"ready"/);
      const address = await metricsAddressOf(agent);
      return {
        socket: listen,
        async close() {
          const classic = await fetch(`${address}/metrics`);
          const openMetrics = await fetch(`${address}/metrics`, {
            headers: {
              accept: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3',
            },
          });
          const again = await fetch(`${address}/metrics`);
          assert.equal(again.headers.get('content-type'), classic.headers.get('content-type'));
          pages = {
            classic: await again.text(),
            openMetrics: await openMetrics.text(),
            types: [classic, openMetrics].map(({ headers }) => headers.get('content-type')),
          };
          assert.equal(await agent.end('SIGTERM'), 0);
        },
      };
    },
  });
  assert.ok(pages !== null);
  const { classic, openMetrics, types } = pages;
  assert.deepEqual(types, [
    'text/plain; version=0.0.4; charset=utf-8',
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
  ]);
  assert.equal(await promtoolSays(classic), '');
  assert.equal(await strictParserSays(openMetrics), '');

  const samples = samplesOf(classic);
  const ended = result.calls.length;
  assert.equal(sumOf(samples, 'critrace_calls_total'), ended);
  assert.equal(sumOf(samples, 'rpc_client_call_duration_seconds_count'), ended);
  assert.equal(sumOf(samples, 'rpc_server_call_duration_seconds_count'), ended);
  assert.equal(sumOf(samples, 'cri_calls_total', { api_version: 'v1' }), ended);
  assert.match(
    openMetrics,
    /rpc_client_call_duration_seconds_bucket\{[^}]*\} \d+ # \{trace_id="[0-9a-f]{32}",span_id="[0-9a-f]{16}"\} /,
  );
  assert.doesNotMatch(classic, / # \{/);
});
