import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { allAlerts } from '../../dashboards/src/rules/all.ts';
import { runbookFile } from '../../dashboards/src/rules/build.ts';
import { temporaryFolder } from '../support/folder.ts';
import { judged } from '../support/metrics-page.ts';
import { type RuleCase, ruleCases } from './rule-cases.ts';

test('promtool takes the rules', async () => {
  const said = await judged(
    'promtool',
    ['check', 'rules', '--lint=all', '--lint-fatal', 'dashboards/rules.yml'],
    '',
  );
  assert.match(said, /SUCCESS: \d+ rules found/);
});

const seriesOf = (lines: readonly string[]) =>
  lines.map((line) => {
    const at = line.indexOf('} ') + 1;
    return { series: line.slice(0, at), values: line.slice(at + 1) };
  });

const expected = ({ alert, says }: RuleCase) => {
  const summary = allAlerts.find((plan) => plan.alert === alert)?.summary;
  return says.map(({ labels, description }) => ({
    exp_labels: labels,
    exp_annotations: { summary, description, runbook_url: runbookFile({ alert }) },
  }));
};

test('series that fire and series that almost do, and the words of each alert, by promtool', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'rules.yml');
  const tests = ruleCases.flatMap((one) => [
    {
      interval: '1m',
      input_series: seriesOf(one.fires),
      alert_rule_test: [{ eval_time: one.at, alertname: one.alert, exp_alerts: expected(one) }],
    },
    {
      interval: '1m',
      input_series: seriesOf(one.quiet),
      alert_rule_test: [{ eval_time: one.at, alertname: one.alert, exp_alerts: [] }],
    },
  ]);
  // JSON is YAML.
  writeFileSync(
    file,
    JSON.stringify({ rule_files: [resolve('dashboards/rules.yml')], evaluation_interval: '1m', tests }),
  );
  assert.match(await judged('promtool', ['test', 'rules', file], ''), /^Unit Testing: .*\s+SUCCESS$/);
});

test('each alert has its case, at each of its severities', () => {
  for (const { alert, cases } of allAlerts) {
    const one = ruleCases.find((candidate) => candidate.alert === alert);
    assert.ok(one !== undefined && one.quiet.length > 0, alert);
    const told = one.says.map(({ labels }) => labels.severity).sort();
    assert.deepEqual(told, cases.map(({ severity }) => severity).sort(), alert);
  }
});

test('the rules for the operator are the same', () => {
  const rules: unknown = parse(readFileSync('dashboards/rules.yml', 'utf8'));
  const operator: unknown = parse(readFileSync('dashboards/prometheus-rule.yaml', 'utf8'));
  assert.deepEqual(operator, {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'critrace', labels: { 'app.kubernetes.io/name': 'critrace' } },
    spec: rules,
  });
});
