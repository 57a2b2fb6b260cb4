import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as z from 'zod';
import { dashboards } from '../../dashboards/src/all.ts';
import { ruleGroups } from '../../dashboards/src/rules/all.ts';
import { instrumentNames, instrumentOf } from '../../src/metrics/instruments/table.ts';

// The rules of Grafana's dashboard-linter, which is a Go program, as far as they concern these dashboards.

const panelShape = z.looseObject({
  type: z.string(),
  title: z.string().min(3),
  description: z.string().optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number().positive(), h: z.number().positive() }),
  datasource: z.object({ type: z.string(), uid: z.string() }).optional(),
  fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: z.string().optional() }) }).optional(),
  targets: z
    .array(
      z.looseObject({
        refId: z.string(),
        expr: z.string(),
        datasource: z.object({ type: z.string(), uid: z.string() }),
      }),
    )
    .optional(),
});

const variableShape = z.looseObject({
  name: z.string(),
  type: z.string(),
  label: z.string(),
  multi: z.boolean().optional(),
  includeAll: z.boolean().optional(),
  allValue: z.string().optional(),
  refresh: z.number().optional(),
});

const dashboardShape = z.looseObject({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.literal(42),
  editable: z.literal(false),
  timezone: z.enum(['browser', 'utc']),
  graphTooltip: z.literal(1),
  tags: z.array(z.string()),
  templating: z.object({ list: z.array(variableShape) }),
  panels: z.array(panelShape),
});

const read = (file: string) => dashboardShape.parse(JSON.parse(readFileSync(`dashboards/${file}`, 'utf8')));

const own = { type: 'prometheus', uid: '$'.concat('{prometheus_datasource}') };
const units = new Set(['s', 'bytes', 'reqps', 'ops', 'percentunit', 'short', 'Bps']);

const selectorsOf = (expr: string): string[] =>
  [...expr.matchAll(/\b[a-z0-9_]+\{([^}]*)\}/g)].map(([, of]) => of ?? '');

/** Names of metrics in an expression, without the suffixes of histograms. */
const metricsOf = (expr: string): string[] =>
  [...expr.matchAll(/\b((?:cri|critrace|rpc|process)_[a-z0-9_]+)/g)]
    .map(([, name]) => name ?? '')
    .filter((name) => !['rpc_method', 'rpc_status_code', 'rpc_system_name', 'process_'].includes(name));

for (const { file, uid } of dashboards) {
  test(`${file} keeps the conventions`, () => {
    const dashboard = read(file);
    assert.equal(dashboard.uid, uid);
    const [first, ...rest] = dashboard.templating.list;
    assert.deepEqual(
      [first?.name, first?.type, first?.label],
      ['prometheus_datasource', 'datasource', 'Prometheus data source'],
    );
    for (const name of ['job', 'instance']) {
      const variable = rest.find((one) => one.name === name);
      assert.ok(variable?.multi && variable.includeAll);
      assert.equal(variable.allValue, '.+');
      assert.equal(variable.refresh, 2);
      assert.equal(variable.label.toLowerCase(), name);
    }
    const taken = new Set<string>();
    const titles = new Set<string>();
    for (const panel of dashboard.panels) {
      const { x, y, w, h } = panel.gridPos;
      for (let column = x; column < x + w; column++)
        for (let line = y; line < y + h; line++) {
          assert.ok(!taken.has(`${column} ${line}`), `${panel.title} overlaps another`);
          taken.add(`${column} ${line}`);
        }
      assert.ok(x + w <= 24);
      if (panel.type === 'row') continue;
      assert.ok(!titles.has(panel.title), `${panel.title} twice`);
      titles.add(panel.title);
      assert.ok((panel.description ?? '').length > 40, `${panel.title} says too little`);
      assert.ok(units.has(panel.fieldConfig?.defaults.unit ?? ''), panel.title);
      assert.deepEqual(panel.datasource, own);
      assert.ok((panel.targets ?? []).length > 0);
      assert.equal(new Set(panel.targets?.map(({ refId }) => refId)).size, panel.targets?.length);
      for (const { expr, datasource } of panel.targets ?? []) {
        assert.deepEqual(datasource, own);
        const selectors = selectorsOf(expr);
        assert.ok(selectors.length > 0, expr);
        for (const selector of selectors) {
          assert.match(selector, /job=~"\$job"/);
          assert.match(selector, /instance=~"\$instance"/);
        }
        // Ranges follow the panel's width.
        for (const [, range] of expr.matchAll(/\[([^\]]*)\]/g)) assert.equal(range, '$__rate_interval');
      }
    }
  });
}

/** The instrument whose series a name is of. */
const instrumentNamed = (name: string) =>
  instrumentNames.find(
    (one) =>
      name === one ||
      (instrumentOf(one).type === 'histogram' && name.replace(/_(bucket|sum|count)$/, '') === one),
  );

const allExpressions = [
  ...dashboards.flatMap(({ rows }) =>
    rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr))),
  ),
  ...ruleGroups.flatMap(({ records, alerts }) => [
    ...records.map(({ expr }) => expr),
    ...alerts.flatMap(({ cases }) => cases.map(({ expr }) => expr)),
  ]),
];

test('queries name metrics that there are; totals are only used as rates', () => {
  for (const expr of allExpressions) {
    for (const name of metricsOf(expr.replace(/[a-z_]+:[a-z0-9_:]+/g, ''))) {
      const instrument = instrumentNamed(name);
      assert.ok(instrument !== undefined, `${name} in ${expr}`);
    }
    for (const [name, before] of [...expr.matchAll(/(\w+\()?(\w+_total)\{/g)].map(([, call, of]) => [
      of,
      call,
    ]))
      if (name !== 'cri_feature_fallbacks_total') assert.match(before ?? '', /^(rate|increase)\($/, expr);
  }
});

test('every metric is on a panel', () => {
  const shown = new Set(
    dashboards.flatMap(({ rows }) =>
      rows.flatMap(({ panels }) =>
        panels.flatMap(({ queries }) => queries.flatMap(({ expr }) => metricsOf(expr).map(instrumentNamed))),
      ),
    ),
  );
  assert.deepEqual(
    instrumentNames.filter((name) => !shown.has(name)),
    [],
  );
});
