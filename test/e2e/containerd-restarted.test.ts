import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { detectContainerd } from '../../src/demo/containerd.ts';
import { sandboxConfig } from '../../src/demo/pod-config.ts';
import { aPod, aStage, callerOf } from '../support/containerd-pods.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { until } from '../support/until.ts';

type Line = Readonly<Record<string, unknown>>;

const available = await detectContainerd();

test('containerd is there to be restarted', () => {
  assert.equal(available.kind, 'available', available.kind === 'available' ? '' : available.message);
});

const argumentsOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
};

/** Of the containerd whose socket this is, by its number here. */
const containerdOf = (socket: string): number[] =>
  readdirSync('/proc').flatMap((pid) =>
    argumentsOf(pid) === `containerd\0--config\0${join(dirname(socket), 'containerd.toml')}\0`
      ? [Number(pid)]
      : [],
  );

/** One for each sandbox and container that has a shim's attention. */
const tasksOf = (socket: string): string[] =>
  readdirSync(join(dirname(socket), 'state/io.containerd.runtime.v2.task/k8s.io'));

const find = (lines: readonly Line[], kind: string, where: Line): Line | undefined =>
  lines.findLast(
    (line) => line.kind === kind && Object.entries(where).every(([key, is]) => line[key] === is),
  );

const list = (value: unknown): Line[] => (Array.isArray(value) ? value : []);

const object = (value: unknown): Line => (typeof value === 'object' && value !== null ? { ...value } : {});

test('a real containerd is killed in the middle of a pod’s start: what the tap tells of calls, connects, processes', async (t) => {
  const title = process.title;
  process.title = 'kubelet';
  t.after(() => {
    process.title = title;
  });
  const stage = await aStage(t, available, { restarts: true });
  const critrace = critraceProcess(t, ['observe', '-r', stage.socket, '--source', 'tap', '-o', 'json']);
  await critrace.says(/watching .* in the kernel/);
  const { attempt, call, sandbox, container } = callerOf(t, stage);
  const [before] = containerdOf(stage.socket);
  assert.ok(before !== undefined);

  await call('Version', {});
  const plan = aPod('web');
  const id = await sandbox(plan);
  const web = await container(plan, id, [], {});

  const tasks = tasksOf(stage.socket).length;
  const cut = attempt('RunPodSandbox', { config: sandboxConfig(aPod('cut'), stage.place) });
  await until(() => tasksOf(stage.socket).length > tasks, 'a shim of the pod that starts');
  process.kill(before, 'SIGKILL');
  assert.equal((await cut).record.code, 'UNAVAILABLE');
  while ((await attempt('Version', {})).record.code !== 'OK');
  const [after] = containerdOf(stage.socket);
  assert.ok(after !== undefined && after !== before);

  const second = await container({ ...plan, attempt: 1 }, id, ['1'], {});
  for (const one of [web, second]) await call('StopContainer', { container_id: one, timeout: 0 });
  await call('StopPodSandbox', { pod_sandbox_id: id });
  assert.equal(await critrace.end('SIGINT'), 130);
  const lines: Line[] = critrace
    .stdout()
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

  await t.test('calls before, under way, and after, each on the connection that it was on', () => {
    const calls = lines.filter(({ kind }) => kind === 'call');
    assert.ok(calls.every((line) => line.method_source === 'read' && line.lost_bytes === 0));
    assert.deepEqual(
      calls.filter(({ outcome }) => outcome !== 'finished').map(({ rpc, outcome }) => [rpc, outcome]),
      [['RunPodSandbox', 'connection_lost']],
    );
    const old = find(lines, 'call', { rpc: 'RunPodSandbox', outcome: 'finished' });
    const lost = find(lines, 'call', { rpc: 'RunPodSandbox', outcome: 'connection_lost' });
    const first = calls.find(({ connection }) => connection !== old?.connection);
    assert.equal(lost?.connection, old?.connection);
    assert.equal(first?.rpc, 'Version');
    // The end of file that the client has read, not when somebody looked.
    assert.ok(BigInt(String(lost?.end)) < BigInt(String(first?.start)));
    assert.equal(
      calls.filter(({ connection }) => connection === first?.connection).length,
      ['Version', 'CreateContainer', 'StartContainer', 'StopContainer', 'StopContainer', 'StopPodSandbox']
        .length,
    );
    // Only that of the look whether the runtime is ready was there before.
    for (const line of lines)
      if (line.finding === 'joined') assert.notEqual(line.connection, first?.connection);
  });

  await t.test('who could not connect meanwhile', () => {
    const refused = lines.filter(({ finding }) => finding === 'refused');
    assert.ok(refused.length > 0);
    refused.forEach((line, index) => {
      assert.deepEqual([object(line.caller).pid, line.count], [process.pid, index + 1]);
    });
  });

  await t.test('the story of the endpoint', () => {
    const { events, ...upgrade } = find(lines, 'upgrade', {}) ?? {};
    assert.equal(upgrade.over, true);
    assert.deepEqual([object(upgrade.before).pid, object(upgrade.after).pid], [before, after]);
    assert.deepEqual(
      list(events).map(({ event }) => event),
      ['unreachable', 'runtime', 'served'],
    );
  });

  await t.test('what the new runtime does, and shims that have stayed', () => {
    const partsOf = (where: Line): string[] =>
      list(find(lines, 'kernel', where)?.parts).map(({ name, link }) => `${name} ${link}`);
    const started = partsOf({ rpc: 'StartContainer', container_id: second });
    for (const part of ['runc create identity', 'runc start identity'])
      assert.ok(started.includes(part), `${part} in ${started}`);
    // The shim of the container that was started before the restart calls runc for the new runtime.
    const stopped = partsOf({ rpc: 'StopContainer', container_id: web });
    for (const part of ['runc kill identity', 'runc delete identity'])
      assert.ok(stopped.includes(part), `${part} in ${stopped}`);
    const ended = partsOf({ rpc: 'StopPodSandbox' });
    assert.ok(ended.includes('cni.DEL bridge identity'), ended.join());
  });
});
