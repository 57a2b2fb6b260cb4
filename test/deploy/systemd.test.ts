import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/folder.ts';
import { judged } from '../support/metrics-page.ts';

const unit = readFileSync('deploy/systemd/critrace.service', 'utf8');

test('systemd takes the unit', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'critrace.service');
  // The program need not be installed where the test runs.
  writeFileSync(file, unit.replace('/usr/bin/critrace', process.execPath));
  assert.equal(await judged('systemd-analyze', ['verify', file], ''), '');
  writeFileSync(file, unit.replace('Restart=always', 'Restart=perhaps'));
  assert.match(await judged('systemd-analyze', ['verify', file], ''), /perhaps/);
});

test('its hardening leaves little open, by the judgement of systemd itself', async () => {
  const args = [
    'security',
    '--offline=true',
    '--threshold=40',
    '--no-pager',
    'deploy/systemd/critrace.service',
  ];
  assert.match(await judged('systemd-analyze', args, ''), /^(?!exit)[\s\S]*Overall exposure level/);
});
