import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aClient, aRuntime } from '../support/a-runtime.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { until } from '../support/until.ts';

test('critrace observe, told nothing but the socket, shows the calls of who is connected and of who comes later', async (t) => {
  const { socket } = await aRuntime(t);
  const older = aClient(t, socket);
  await older('Version');
  const critrace = critraceProcess(t, ['observe', '-r', socket, '-o', 'json']);
  await critrace.says(/watching .* in the kernel/);
  // A decoder that joins late takes a few frames to be sure where they begin.
  for (let at = 0; at < 5; at += 1) await older('Version');
  const younger = aClient(t, socket);
  await younger('Version');
  await younger('ListContainers');
  const lines = (): Record<string, unknown>[] =>
    critrace
      .stdout()
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
      .filter((line) => 'rpc' in line);
  await until(
    () => lines().length >= 7,
    () => `seven calls: ${critrace.stdout().toString()} ${critrace.stderr()}`,
  );
  const of = (connection: number): unknown[] =>
    lines().flatMap((line) => (line.connection === connection ? [`${line.rpc} ${line.status}`] : []));
  // The headers with the status refer to what was said before: unknown, until three calls ended alike after a reply.
  assert.deepEqual(of(1), ['Version null', 'Version null', 'Version OK', 'Version OK', 'Version OK']);
  assert.deepEqual(of(2), ['Version OK', 'ListContainers OK']);
  assert.equal(await critrace.end('SIGTERM'), 143);
});
