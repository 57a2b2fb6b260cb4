import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { dashboards } from '../../dashboards/src/all.ts';
import { ruleGroups } from '../../dashboards/src/rules/all.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { aTroubledNode } from '../support/troubled-node.ts';

const filledIn = (expr: string): string =>
  expr.replaceAll('$job', 'critrace').replaceAll('$instance', 'a-node').replaceAll('$__rate_interval', '2m');

/** What this node does not do, and why no test makes it. */
const expectedEmpty: Readonly<Record<string, string>> = {
  'method_source!="read"':
    'a connection older than the agent; test/calls/inference/late-joins.test.ts has them',
  critrace_metrics_folded_sets_total:
    'two hundred names of one kind; test/metrics/cardinality.test.ts makes it',
};

/** Both sides of an alert's threshold: what it compares is to be there, whether it fires or not. */
const compared = (expr: string): readonly string[] =>
  expr.split(' and ').map((one) => one.replace(/ (==|>|<) [\d. *]+$/, ''));

test('every query of every panel and rule has an answer of a Prometheus that scraped a troubled node', async (t) => {
  const began = Date.now();
  const node = await aTroubledNode(t);
  const target = node.agent.metricsAddress();
  assert.ok(target !== null);
  const prometheus = await startPrometheus(t, {
    target,
    instance: 'a-node',
    rules: resolve('dashboards/rules.yml'),
  });
  for (let round = 0; round < 3; round++) await node.trouble(round);
  node.hang();
  // Until a scrape has seen the last of it, and the rules what was scraped.
  for (const expr of [
    'cri_convoys_total',
    'cri_calls_in_flight{rpc_method=~".*/Status"}',
    'job_instance:rpc_server_call_errors:ratio_rate3d',
  ])
    for (let tries = 0; tries < 300 && (await prometheus.query(expr)).length === 0; tries++)
      await new Promise((done) => setTimeout(done, 100));

  const silent: string[] = [];
  const look = async (where: string, expr: string): Promise<void> => {
    if (Object.keys(expectedEmpty).some((metric) => expr.includes(metric))) return;
    if ((await prometheus.query(filledIn(expr))).length === 0) silent.push(`${where}: ${expr}`);
  };
  let asked = 0;
  for (const { title, rows } of dashboards)
    for (const { panels } of rows)
      for (const panel of panels)
        for (const { expr } of panel.queries) {
          asked += 1;
          await look(`${title}, ${panel.title}`, expr);
        }
  for (const { records, alerts } of ruleGroups) {
    for (const { record, expr } of records) {
      await look(record, expr);
      await look(record, record);
    }
    for (const { alert, cases } of alerts)
      for (const { expr } of cases) for (const one of compared(expr)) await look(alert, one);
  }
  assert.deepEqual(silent, []);
  assert.ok(asked > 90, `${asked}`);

  const exemplars = await prometheus.exemplars('rpc_client_call_duration_seconds_bucket', began);
  assert.match(exemplars[0]?.exemplars[0]?.labels.trace_id ?? '', /^[0-9a-f]{32}$/);
  const starts = await prometheus.exemplars('cri_pod_start_duration_seconds_bucket', began);
  assert.match(starts[0]?.exemplars[0]?.labels.trace_id ?? '', /^[0-9a-f]{32}$/);
});
