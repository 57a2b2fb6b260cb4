import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { detectContainerd } from '../../src/demo/containerd.ts';
import { createRuntime, type RuntimeOptions } from '../../src/demo/runtime.ts';
import { runScenario } from '../../src/demo/scenario.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { aClient, aRuntime, type Call } from '../support/a-runtime.ts';
import { type CritraceProcess, critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { until } from '../support/until.ts';

interface Stage {
  readonly receiver: OtlpReceiver;
  /** An agent that watches the socket in the kernel, with all kernel events, and sends to the receiver. */
  start(socket: string): Promise<CritraceProcess>;
}

const stage = async (t: TestContext): Promise<Stage> => {
  const receiver = await startOtlpReceiver();
  t.after(() => receiver.close());
  const spool = await temporaryFolder(t);
  return {
    receiver,
    async start(socket) {
      const collector = ['--otlp-endpoint', `http://127.0.0.1:${receiver.port}`, '--otlp-delay', '20ms'];
      const rest = [
        '--spool-dir',
        spool,
        '--sampling',
        'all',
        '--page-listen',
        'off',
        '--metrics-exporter',
        'none',
      ];
      const agent = critraceProcess(t, [
        ...['agent', '-r', socket, '--source', 'tap', '--host-id', 'h'],
        ...collector,
        ...rest,
      ]);
      await agent.says(/watching .* in the kernel/);
      return agent;
    },
  };
};

/** Numbers of what a process holds in the kernel, of one kind: `link` or `prog`. */
const heldBy = (pid: number | undefined, kind: 'link' | 'prog'): Set<number> => {
  const folder = `/proc/${pid}/fdinfo`;
  const found = readdirSync(folder).flatMap((name) => {
    const [, id] =
      new RegExp(`^${kind}_id:\\s*(\\d+)$`, 'm').exec(readFileSync(`${folder}/${name}`, 'utf8')) ?? [];
    return id === undefined ? [] : [Number(id)];
  });
  return new Set(found);
};

/** Those that the kernel still knows, whoever holds them. */
const known = (kind: 'link' | 'prog', ids: ReadonlySet<number>): number[] => {
  const all: { id: number }[] = JSON.parse(
    execFileSync('bpftool', ['--json', kind, 'list'], {
      encoding: 'utf8',
      env: { PATH: `${process.env.PATH}:/usr/sbin` },
    }),
  );
  return all.flatMap(({ id }) => (ids.has(id) ? [id] : []));
};

const kinds = ['link', 'prog'] as const;

test('an agent that is killed while calls run: each is answered as ever, and nothing stays in the kernel', async (t) => {
  const { start } = await stage(t);
  const slow: (() => void)[] = [];
  const { socket } = await aRuntime(t, {
    fault: ({ method }) => {
      if (method !== 'ImageFsInfo') return null;
      for (const tell of slow.splice(0)) tell();
      return { delayMs: 500 };
    },
  });
  const call = aClient(t, socket);
  const other = aClient(t, socket);
  const agent = await start(socket);
  const held = kinds.map((kind) => [kind, heldBy(agent.child.pid, kind)] as const);
  for (const [kind, ids] of held) {
    assert.ok(ids.size >= 10, `${ids.size} of ${kind}`);
    assert.deepEqual(known(kind, ids).sort(), [...ids].sort());
  }
  const said = new Set<string>();
  const answer = async (): Promise<void> => {
    const { record } = await call('ListContainers');
    said.add(`${record.code} ${record.details} ${record.responseBytes}`);
  };
  for (let before = 0; before < 50; before++) await answer();
  const asked = new Promise<void>((resolve) => slow.push(resolve));
  const inFlight = other('ImageFsInfo');
  await asked;
  const killed = agent.end('SIGKILL');
  for (let during = 0; during < 300; during++) await answer();
  await killed;
  assert.equal((await inFlight).record.code, 'OK');
  assert.equal(said.size, 1, [...said].join('; '));
  assert.match([...said].join(), /^OK /);
  for (const [kind, ids] of held)
    await until(
      () => known(kind, ids).length === 0,
      () => `${kind} ${known(kind, ids)} to be gone`,
    );
});

const available = await detectContainerd();
const runtime = available.kind === 'available' ? 'containerd' : 'simulated';

test(`an agent that is killed while pods start on ${runtime}: they start`, async (t) => {
  const { start } = await stage(t);
  const agents: CritraceProcess[] = [];
  const killed: Promise<number | null>[] = [];
  const { calls, gaveUp } = await runScenario({
    runtime,
    clock: systemClock(),
    log: (line) => {
      if (line.startsWith('starting default/web'))
        for (const agent of agents) killed.push(agent.end('SIGKILL'));
    },
    signal: new AbortController().signal,
    pods: 3,
    pace: 0.2,
    through: async (socket) => {
      agents.push(await start(socket));
      return { socket, close: async () => undefined };
    },
  });
  await Promise.all(killed);
  assert.equal(killed.length, 1);
  assert.equal(gaveUp, false);
  const making = ['RunPodSandbox', 'CreateContainer', 'StartContainer'];
  for (const { method, code, details } of calls)
    if (making.includes(method)) assert.equal(code, 'OK', `${method}: ${details}`);
  assert.equal(calls.filter(({ method }) => method === 'StartContainer').length, 6);
});

const uid = '6c1ae1b5-8d3c-4d5e-9a43-6dd1d51a2f70';
const sandboxConfig = { metadata: { name: 'web-0', namespace: 'default', uid, attempt: 0 } };

/** A pod's start as two halves. */
const halves = (call: Call) => {
  let sandbox = '';
  return {
    async first(): Promise<void> {
      await call('Version');
      await call('ListPodSandbox');
      const { response } = await call('RunPodSandbox', { config: sandboxConfig });
      sandbox = String(response.pod_sandbox_id);
      await call('PodSandboxStatus', { pod_sandbox_id: sandbox });
    },
    async second(): Promise<string[]> {
      const config = { metadata: { name: 'app', attempt: 0 }, image: { image: 'registry.k8s.io/app:1' } };
      const made = await call('CreateContainer', {
        pod_sandbox_id: sandbox,
        config,
        sandbox_config: sandboxConfig,
      });
      const started = await call('StartContainer', { container_id: String(made.response.container_id) });
      return [made.record.code, started.record.code];
    },
  };
};

const spansOf = ({ spans }: OtlpReceiver, rpc: string): ReceivedSpan[] =>
  spans.filter(({ kind, name }) => kind === 3 && name.endsWith(`/${rpc}`));

const images = ['registry.k8s.io/app:1'];

for (const signal of ['SIGTERM', 'SIGKILL'] as const)
  test(`an agent that ends by ${signal} in the middle of a pod's start, and its successor, tell of one trace`, async (t) => {
    const { receiver, start } = await stage(t);
    const { socket } = await aRuntime(t, { images });
    const call = aClient(t, socket);
    const pod = halves(call);
    const first = await start(socket);
    await pod.first();
    await receiver.until(() => spansOf(receiver, 'PodSandboxStatus').length === 1);
    await first.end(signal);
    const second = await start(socket);
    assert.deepEqual(await pod.second(), ['OK', 'OK']);
    await receiver.until(() => spansOf(receiver, 'StartContainer').length === 1);
    assert.equal(await second.end('SIGTERM'), 0);
    const traces = ['RunPodSandbox', 'PodSandboxStatus', 'CreateContainer', 'StartContainer'].flatMap((rpc) =>
      spansOf(receiver, rpc).map(({ traceId }) => traceId),
    );
    assert.equal(traces.length, 4);
    assert.equal(new Set(traces).size, 1);
  });

test('a runtime that is killed and started again in the middle of a pod’s start is found again; calls under way end as the wire says', async (t) => {
  const { receiver, start } = await stage(t);
  const asked: (() => void)[] = [];
  const options: Partial<RuntimeOptions> = {
    images,
    fault: ({ method }) => {
      if (method !== 'ImageFsInfo') return null;
      for (const tell of asked.splice(0)) tell();
      return { delayMs: 60_000 };
    },
  };
  const before = await aRuntime(t, options);
  const call = aClient(t, before.socket);
  const pod = halves(call);
  const agent = await start(before.socket);
  await pod.first();
  const busy = new Promise<void>((resolve) => asked.push(resolve));
  const cut = aClient(t, before.socket)('ImageFsInfo');
  await busy;
  await before.close();
  assert.equal((await cut).record.code, 'UNAVAILABLE');
  const after = createRuntime({ clock: systemClock(), pace: 0, ...options, state: before.state });
  t.after(() => after.close());
  await after.listen(before.socket);
  // As a kubelet does until the runtime is back.
  let served = false;
  while (!served) served = (await call('Version')).record.code === 'OK';
  assert.deepEqual(await pod.second(), ['OK', 'OK']);
  await receiver.until(
    () => spansOf(receiver, 'StartContainer').length === 1 && spansOf(receiver, 'ImageFsInfo').length === 1,
  );
  assert.equal(await agent.end('SIGTERM'), 0);
  const [lost] = spansOf(receiver, 'ImageFsInfo');
  assert.equal(lost?.attributes['cri.outcome'], 'connection_lost');
  assert.equal(lost?.attributes['error.type'], 'connection_lost');
  const [sandbox, made, started] = ['RunPodSandbox', 'CreateContainer', 'StartContainer'].map(
    (rpc) => spansOf(receiver, rpc)[0],
  );
  assert.ok(sandbox !== undefined && made !== undefined && started !== undefined);
  assert.equal(made.traceId, sandbox.traceId);
  assert.equal(started.traceId, sandbox.traceId);
  assert.notEqual(made.attributes['cri.connection'], sandbox.attributes['cri.connection']);
  for (const { attributes } of [made, started]) {
    assert.equal(attributes['cri.outcome'], 'finished');
    assert.equal(attributes['rpc.status_code'], 'OK');
    assert.equal(attributes['cri.lost_bytes'], undefined);
  }
});
