import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { detectContainerd } from '../../src/demo/containerd.ts';
import { createKubelet, type Kubelet } from '../../src/demo/kubelet.ts';
import { startPod, stopPod } from '../../src/demo/pod-worker.ts';
import { containerdStage, type Stage, simulatedStage } from '../../src/demo/stage.ts';
import { parseOtlpLine } from '../../src/export/otlp-parse.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import type { Span } from '../../src/spans/span.ts';
import { openFolderLines } from '../../src/store/folder-lines.ts';
import { createStoreCounters, defaultStoreLimits } from '../../src/store/limits.ts';
import { createStore } from '../../src/store/store.ts';
import type { OperationJson, TraceJson } from '../../src/web/api.ts';
import { critrace } from '../cli/critrace.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { metricsAddressOf } from '../support/metrics-page.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { untilThere } from '../support/until.ts';

const available = await detectContainerd();
const clock = systemClock();

const aStage = async (t: TestContext): Promise<Stage> => {
  const stage =
    available.kind === 'available'
      ? await containerdStage(available.cniPluginFolder, clock, new AbortController().signal)
      : await simulatedStage(clock);
  t.after(() => stage.close());
  return stage;
};

const aKubelet = async (t: TestContext, socket: string): Promise<Kubelet> => {
  const ended = new AbortController();
  const kubelet = createKubelet({ clock, socket, record: () => undefined, signal: ended.signal });
  t.after(() => kubelet.close());
  assert.ok(await kubelet.start());
  return kubelet;
};

/** The phases of a pod's start on a runtime whose image is there already; `cni`: only the kernel tells of it. */
const phases = ['sandbox', 'create', 'start', 'kubelet', ...(available.kind === 'available' ? ['cni'] : [])];

const startMetric = 'cri_pod_start_duration_seconds';
const phaseMetric = 'cri_pod_start_phase_duration_seconds';

/** The one number of an instant query; null: no such series yet. */
const oneOf = async (prometheus: Prometheus, expr: string): Promise<number | null> => {
  const [series, ...others] = await prometheus.query(expr);
  assert.deepEqual(others, [], expr);
  return series === undefined ? null : Number(series.value[1]);
};

interface Counted {
  readonly starts: number;
  readonly seconds: number;
  readonly byPhase: Readonly<Record<string, number>>;
}

/** What Prometheus says of the node once it has counted so many starts. */
const countedAt = async (prometheus: Prometheus, starts: number): Promise<Counted> => {
  // One scrape brings all of them at once: whoever sees one sees the others.
  await untilThere(
    async () =>
      (await oneOf(prometheus, `${startMetric}_count{outcome="running"}`)) === starts ? true : null,
    `${starts} pod starts in Prometheus`,
  );
  const seconds = await oneOf(prometheus, `${startMetric}_sum{outcome="running"}`);
  const byPhase = await prometheus.query(`${phaseMetric}_count`);
  return {
    starts,
    seconds: seconds ?? Number.NaN,
    byPhase: Object.fromEntries(byPhase.map(({ metric, value }) => [metric.phase, Number(value[1])])),
  };
};

/** The root of the trace as the store's own index and files have it. */
const stored = async (folder: string, traceId: string): Promise<readonly Span[]> => {
  const counters = createStoreCounters();
  const lines = await openFolderLines(folder, defaultStoreLimits, counters);
  const store = createStore({ lines, parse: parseOtlpLine, counters });
  try {
    await store.refresh();
    return (await store.trace(traceId)).spans;
  } finally {
    await store.close();
  }
};

interface Printed {
  readonly start: string;
  readonly end: string;
  readonly trace_id: string;
  readonly name: string;
}

test('one pod start, by its name in terminal, page and store, and counted once by Prometheus, whose exemplar leads to it', async (t) => {
  const began = Date.now();
  const store = join(await temporaryFolder(t), 'store');
  const stage = await aStage(t);
  const agent = critraceProcess(t, [
    'agent',
    ...['--source', 'tap', '-r', stage.socket, '--store-dir', store, '--sampling', 'all', '--host-id', 'h'],
    ...['--metrics-port', '0', '--page-listen', '127.0.0.1:0'],
  ]);
  await agent.says(/"msg":"ready"/);
  const [, origin = ''] = /"page":"(http:[^"]+)"/.exec(agent.stderr()) ?? [];
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(new URL(path, origin));
    assert.equal(response.status, 200, path);
    return response.json() as Promise<T>;
  };
  const prometheus = await startPrometheus(t, {
    target: await metricsAddressOf(agent),
    instance: 'a-node',
    rules: resolve('dashboards/rules.yml'),
  });
  const kubelet = await aKubelet(t, stage.socket);
  /** The stop tells that the start is over: else nobody knows for half a minute whether more is to come. */
  const startAndStop = async (name: string): Promise<void> => {
    const containers = [{ name: 'web', image: stage.image, args: [] }];
    const plan = { namespace: 'default', name, uid: randomUUID(), attempt: 0, containers };
    const pod = await startPod(kubelet, plan, stage.place);
    assert.equal(pod.containers.length, 1);
    await stopPod(kubelet, pod, 0);
  };

  await startAndStop('before-0');
  const before = await countedAt(prometheus, 1);
  await startAndStop('looked-for-0');
  const after = await countedAt(prometheus, 2);

  // The page.
  const found = await untilThere(async () => {
    const all = await ask<readonly OperationJson[]>('/api/operations');
    return all.find(({ kind, pod }) => kind === 'pod_start' && pod === 'default/looked-for-0') ?? null;
  }, 'the start on the page');
  const { trace, ms } = found;
  const shown = await ask<TraceJson>(`/api/trace/${trace}`);
  assert.equal(shown.spans.find(({ parent }) => parent === null)?.name, 'pod start default/looked-for-0');

  // The store, read by itself, to the nanosecond.
  const spans = await stored(store, trace);
  const root = spans.find(({ parentSpanId }) => parentSpanId === null);
  assert.equal(root?.name, 'pod start default/looked-for-0');
  const ns = root.end - root.start;
  assert.ok(Math.abs(Number(ns) / 1e6 - ms) < 0.001, `${ns} ns in the store, ${ms} ms on the page`);

  // The terminal, by name.
  const inTerminal = await critrace(
    ['trace', '--pod', 'default/looked-for-0', '--from', store, '-o', 'json'],
    { timeoutMs: 60_000 },
  );
  const [line = ''] = inTerminal.stdout.split('\n');
  const printed: Printed = JSON.parse(line);
  assert.equal(printed.name, root.name);
  assert.equal(printed.trace_id, trace);
  assert.equal(BigInt(printed.end) - BigInt(printed.start), ns);

  // Prometheus: once in each histogram, with its duration, and the exemplar has its id.
  const seconds = Number(ns) / 1e9;
  assert.ok(Math.abs(after.seconds - before.seconds - seconds) < 1e-6);
  const grown = Object.keys(after.byPhase).map((phase) => [
    phase,
    (after.byPhase[phase] ?? 0) - (before.byPhase[phase] ?? 0),
  ]);
  assert.deepEqual(Object.fromEntries(grown), Object.fromEntries(phases.map((phase) => [phase, 1])));
  for (const metric of [startMetric, phaseMetric]) {
    const series = await prometheus.exemplars(`${metric}_bucket`, began);
    const ofThis = series.flatMap(({ exemplars }) =>
      exemplars.filter(({ labels }) => labels.trace_id === trace),
    );
    assert.ok(ofThis.length > 0, `${metric}: ${JSON.stringify(series)}`);
    if (metric === startMetric)
      for (const { value } of ofThis) assert.ok(Math.abs(Number(value) - seconds) < 1e-6, value);
  }
  assert.equal(await agent.end('SIGTERM'), 0);
});
