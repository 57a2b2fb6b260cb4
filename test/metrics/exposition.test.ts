import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prefersOpenMetrics } from '../../src/metrics/exposition.ts';
import { instrumentNames, instrumentOf } from '../../src/metrics/instruments/table.ts';
import { promtoolSays, strictParserSays } from '../support/metrics-page.ts';
import { aBook, exportedCall } from './a-book.ts';

test('which format is asked for', () => {
  const cases: readonly (readonly [accept: string | undefined, openMetrics: boolean])[] = [
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['text/plain', false],
    ['text/html,application/xhtml+xml,*/*;q=0.8', false],
    ['application/openmetrics-text', true],
    ['application/openmetrics-text; version=1.0.0; charset=utf-8', true],
    ['application/openmetrics-text;version=0.0.1', true],
    ['application/openmetrics-text;version=2.0.0', false],
    ['application/openmetrics-text;q=0', false],
    ['application/openmetrics-text;q=nonsense', false],
    ['application/openmetrics-text;q=0.3,text/plain;q=0.5', false],
    // As Prometheus 2.42 and 3 ask.
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      true,
    ],
    [
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;q=0.4,*/*;q=0.1',
      true,
    ],
  ];
  for (const [accept, openMetrics] of cases) assert.equal(prefersOpenMetrics(accept), openMetrics, accept);
});

test('one format after the other says the same, whichever was asked for first', async () => {
  const { book, sink } = aBook();
  sink.findings([exportedCall(), exportedCall({ stream: 7, end: 1_795_476_337_832_945_208n })]);
  sink.collect();
  const first = await book.classic();
  const openMetrics = await book.openMetrics();
  assert.equal(await book.classic(), first);
  assert.equal(await book.openMetrics(), openMetrics);
  assert.match(first, /^# TYPE cri_calls_total counter$/m);
  assert.match(openMetrics, /^# TYPE cri_calls counter$/m);
  assert.match(openMetrics, /^cri_calls_total\{.*\} 2$/m);
  assert.match(first, /le="1.0",.*\} 2$/m);
  assert.match(openMetrics, /# EOF\n$/);
  assert.equal(await promtoolSays(first), '');
  assert.equal(await strictParserSays(openMetrics), '');
});

test('label values that would break a page do not', async () => {
  const { book, sink } = aBook();
  const { caller } = {
    caller: { pid: 1, pidStart: 1n, uid: 0, comm: 'a"b\\c\nd} # {x', cgroup: null, userAgent: null },
  };
  sink.findings([exportedCall({ caller, endpoint: '/run/"x"\\\n.sock' })]);
  sink.collect();
  assert.equal(await promtoolSays(await book.classic()), '');
  assert.equal(await strictParserSays(await book.openMetrics()), '');
});

test('the judges refuse a page that is wrong', async () => {
  const { book } = aBook();
  const openMetrics = await book.openMetrics();
  assert.match(await strictParserSays(openMetrics.replace('# EOF\n', '')), /Missing # EOF/);
  assert.match(await promtoolSays('# HELP x_count y\n# TYPE x_count gauge\nx_count 1\n'), /x_count/);
});

test('names are those of Prometheus: units and totals at the end', () => {
  for (const name of instrumentNames) {
    const { type, unit, help } = instrumentOf(name);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    if (unit !== 'count') assert.match(name, new RegExp(`_${unit}(_total)?$`));
    assert.match(help, /\.$/, name);
  }
});
