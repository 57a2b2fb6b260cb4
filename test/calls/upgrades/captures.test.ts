import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Upgrade, UpgradeEvent } from '../../../src/calls/upgrades/upgrade.ts';
import { replayFindings } from '../../support/replay-calls.ts';

const upgrades = async (name: string): Promise<Upgrade[]> => {
  const path = fileURLToPath(new URL(`../../fixtures/captures/${name}.jsonl.gz`, import.meta.url));
  const findings = await replayFindings(path);
  return findings.flatMap((finding) => (finding.kind === 'upgrade' ? [finding.upgrade] : []));
};

const eventText = (event: UpgradeEvent): string => {
  switch (event.kind) {
    case 'runtime':
      return `runtime ${event.before.pid} ${event.before.version} -> ${event.after.pid}`;
    case 'unreachable':
      return `unreachable ${event.count}`;
    case 'verdict':
      return `${event.service} ${event.change} ${event.count}`;
    case 'served':
      return `${event.service} served`;
  }
};

const seconds = (found: Upgrade): number[] =>
  found.unserved.map(({ since, until }) => Math.round(Number((until ?? found.end) - since) / 1e8) / 10);

/** By hand from the captures: `open`, `refused` and `close` events, and the truth files' first statuses after them. */
test('a runtime that was killed and started again', async () => {
  const found = await upgrades('kubelet-1.25-containerd-1.6-killed-restarted');
  const last = found.at(-1);
  assert.deepEqual(last?.events.map(eventText), [
    'unreachable 5',
    'runtime 3453 1.6.20~ds1 -> 19463',
    'RuntimeService served',
    'ImageService served',
  ]);
  assert.equal(last.isOver, true);
  assert.equal(last.revision, found.length - 1);
  // The last OK before the kill and the first after the restart: runtime service, image service.
  assert.deepEqual(seconds(last), [11.5, 16.5]);
  assert.match(
    last.explanation,
    /nobody listened \(5x\); containerd 1\.6\.20~ds1 was started again; no call was served for 17 s: all is served again/,
  );
});

test('a version that an upgrade took away: refused until the end, since the kubelet is not restarted', async () => {
  const last = (await upgrades('kubelet-1.25-sticky-gate-v1alpha2-to-v1')).at(-1);
  assert.deepEqual(last?.events.map(eventText), [
    'unreachable 3',
    'runtime 13646 1.6.20~ds1 -> 19173',
    'RuntimeService refused_restart_needed 1',
    'ImageService refused_restart_needed 1',
  ]);
  assert.equal(last.isOver, false);
  assert.match(
    last.explanation,
    /\(RuntimeService\) is refused and needs a restart; .*: restart the kubelet\.$/,
  );
});

test('a kubelet that its service manager starts again and again is one story with a count', async () => {
  const found = await upgrades('kubelet-1.37-giveup-gate-v1alpha2-3-starts');
  assert.deepEqual(
    found.map(({ revision, events }) => `r${revision} ${events.map(eventText).join(', ')}`),
    ['r0 RuntimeService gave_up 1', 'r1 RuntimeService gave_up 2', 'r2 RuntimeService gave_up 3'],
  );
  assert.match(found.at(-1)?.explanation ?? '', /gave up 3 times in a row/);
});

for (const capture of [
  'kubelet-1.25-containerd-1.5',
  'kubelet-1.30-containerd-2.4-tracing',
  'kubelet-1.37-containerd-2.4',
  'old-client-c15-crictl1.25',
  'many-c24-crictl1.36',
])
  test(`${capture}: nothing changes`, async () => assert.deepEqual(await upgrades(capture), []));
