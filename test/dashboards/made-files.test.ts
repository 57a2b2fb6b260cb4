import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { madeFiles } from '../../dashboards/src/files.ts';

test('what is made from the sources is what is committed', () => {
  for (const [file, text] of madeFiles())
    assert.equal(readFileSync(file, 'utf8'), text, `${file}: run node --import tsx dashboards/src/write.ts`);
});

test('no dashboard and no runbook is left of what is no longer made', () => {
  const made = new Set(madeFiles().keys());
  for (const folder of ['dashboards', 'docs/runbooks'])
    for (const name of readdirSync(folder))
      if (/\.json$|^CRI.*\.md$/.test(name)) assert.ok(made.has(`${folder}/${name}`), name);
});

test('what provisions Grafana and Prometheus is YAML that names what is here', () => {
  const read = (name: string): unknown => parse(readFileSync(`dashboards/provisioning/${name}`, 'utf8'));
  const datasources = JSON.stringify(read('datasources.yaml'));
  assert.match(
    datasources,
    /"exemplarTraceIdDestinations":\[\{"name":"trace_id","datasourceUid":"tempo"\}\]/,
  );
  assert.match(datasources, /\/d\/critrace-node\?var-instance=/);
  assert.match(JSON.stringify(read('dashboards.yaml')), /"type":"file"/);
  assert.match(JSON.stringify(read('prometheus.yml')), /"127\.0\.0\.1:9464"/);
});
