import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { detectContainerd, startContainerd } from '../../src/demo/containerd.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { critrace } from '../cli/critrace.ts';
import { aClient, aRuntime } from '../support/a-runtime.ts';
import { temporaryFolder } from '../support/folder.ts';

const available = await detectContainerd();

test('doctor on a real runtime: its name and version, both API versions, the process, and who was connected', async (t) => {
  const listen = join(await temporaryFolder(t), 'proxy.sock');
  const clock = systemClock();
  const real = available.kind === 'available';
  const containerd = real
    ? await startContainerd({
        cniPluginFolder: available.cniPluginFolder,
        clock,
        signal: new AbortController().signal,
      })
    : null;
  if (containerd !== null) t.after(() => containerd.stop());
  const socket = containerd?.socket ?? (await aRuntime(t)).socket;
  assert.equal((await aClient(t, socket)('Version')).record.code, 'OK');

  const args = ['doctor', '-r', socket, '--source', 'auto', '--listen', listen];
  const { code, stdout, stderr } = await critrace([...args, '-o', 'json'], { timeoutMs: 60_000 });
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout);
  const [endpoint] = report.endpoints;
  assert.equal(endpoint.path, socket);
  if (real) {
    assert.equal(endpoint.runtime_name, 'containerd');
    assert.equal(endpoint.server.comm, 'containerd');
    const { stdout: own } = spawnSync('containerd', ['--version'], { encoding: 'utf8' });
    assert.ok(
      own.includes(endpoint.runtime_version.replace(/^v/, '').split('~')[0]),
      endpoint.runtime_version,
    );
    assert.equal(report.runtime_tracing[0].program, 'containerd');
    assert.equal(report.runtime_tracing[0].on, false);
  }
  const served = endpoint.answers.map((one: { api_version: string; status: string }) => [
    one.api_version,
    one.status,
  ]);
  assert.deepEqual(served, [
    ['v1', 'OK'],
    ['v1', 'OK'],
    ['v1alpha2', 'OK'],
    ['v1alpha2', 'OK'],
  ]);
  assert.deepEqual(
    report.kubelet_choices.map(({ runtime }: { runtime: string }) => runtime),
    ['v1alpha2', 'v1', 'v1', 'v1'],
  );
  const tap = report.sources.find(({ source }: { source: string }) => source === 'tap');
  // The demo's own client, which waited for containerd, may still be there.
  if (tap.works)
    assert.deepEqual(
      [...new Set(report.connected.map(({ client }: { client: { pid: number } }) => client.pid))],
      [process.pid],
    );
  else assert.match(tap.why, /\S/);

  const screen = await critrace(args, { timeoutMs: 60_000 });
  assert.equal(screen.code, 0);
  for (const line of [/^Machine$/m, /^Runtimes$/m, /^critrace will see$/m, /^critrace will not see$/m])
    assert.match(screen.stdout, line);
  assert.ok(screen.stdout.split('\n').length <= 70, 'one screen');
});

test('doctor without a runtime ends with 3, and still says why', async () => {
  const { code, stdout, stderr } = await critrace(['doctor', '-r', '/nonexistent/r.sock'], {
    timeoutMs: 60_000,
  });
  assert.equal(stderr, '');
  assert.match(stdout, /\/nonexistent\/r\.sock \(configuration\): ENOENT/);
  assert.match(stdout, /FAILS {2}runtime-endpoint/);
  assert.equal(code, 3);
});
