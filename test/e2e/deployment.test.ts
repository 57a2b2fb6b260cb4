import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRuntime } from '../../src/demo/runtime.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { aClient } from '../support/a-runtime.ts';
import { temporaryFolder } from '../support/folder.ts';
import { readManifest } from '../support/kubernetes.ts';
import { runContainer } from '../support/oci-container.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';

test('with the rights and mounts of the manifest the tap works, and says whose node it is', async (t) => {
  const folder = await temporaryFolder(t);
  const [run, state, machineId] = ['run', 'state', 'machine-id'].map((name) => join(folder, name));
  assert.ok(run && state && machineId);
  mkdirSync(join(run, 'containerd'), { recursive: true });
  mkdirSync(state);
  writeFileSync(machineId, `${'0123456789abcdef'.repeat(2)}\n`);
  const socket = join(run, 'containerd', 'containerd.sock');
  const runtime = createRuntime({ clock: systemClock(), pace: 0 });
  await runtime.listen(socket);
  t.after(() => runtime.close());
  const before = aClient(t, socket);
  assert.equal((await before('Version')).record.code, 'OK');
  const receiver = await startOtlpReceiver();
  t.after(() => receiver.close());

  const manifest = readManifest();
  const agent = runContainer(t, {
    manifest,
    host: { '/run': run, '/var/lib/critrace': state, '/etc/machine-id': machineId },
    env: {
      CRITRACE_NODE_NAME: 'node-7',
      CRITRACE_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.port}`,
      CRITRACE_OTLP_DELAY: '50ms',
      CRITRACE_METRICS_PORT: '0',
      CRITRACE_PAGE_LISTEN: 'off',
    },
  });
  await agent.says(/"msg":"ready"/);
  const { container } = manifest;
  const [, port = ''] = /metrics on http:\/\/0\.0\.0\.0:(\d+)\//.exec(agent.stderr()) ?? [];
  for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
    const answer = await fetch(`http://127.0.0.1:${port}${probe.httpGet.path}`);
    assert.equal(answer.status, 200, await answer.text());
  }
  const after = aClient(t, socket);
  assert.equal((await after('Version')).record.code, 'OK');
  await receiver.until(() => receiver.spans.some(({ kind }) => kind === 3));
  const [client] = receiver.spans.filter(({ kind }) => kind === 3);
  assert.equal(client?.resource['k8s.node.name'], 'node-7');
  assert.equal(client?.resource['host.id'], '0123456789abcdef'.repeat(2));
  // Null where not even this first process's files can be read; never the container's.
  assert.ok([hostname(), undefined].includes(client?.resource['host.name']?.toString()));
  assert.equal(client?.resource['process.pid'], process.pid);
  assert.equal(await agent.stop(), 0);
});
