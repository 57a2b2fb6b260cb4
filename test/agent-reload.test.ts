import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startAgent } from '../src/agent.ts';
import type { Config } from '../src/config/options.ts';
import { resolveConfig } from '../src/config/resolve.ts';
import type { Exported } from '../src/export/sink.ts';
import { systemClock } from '../src/foundation/clock.ts';
import { systemTimers } from '../src/foundation/timers.ts';
import type { LiveSource } from '../src/live-source.ts';
import type { SourceEvent } from '../src/source/event.ts';
import { createProxyCounters } from '../src/source/proxy/limits.ts';
import { replayEvents } from './support/replay-events.ts';

const capture = fileURLToPath(
  new URL('./fixtures/captures/kubelet-1.37-containerd-2.4.jsonl.gz', import.meta.url),
);
const events = await replayEvents(capture);

const config: Config = {
  ...resolveConfig({ flags: {}, env: {}, file: null }).config,
  'metrics-exporter': 'none',
  'page-listen': 'off',
};

/** Four minutes of a kubelet through an agent that is told something else after two of them. */
const changedHalfway = async (changes: Partial<Config>) => {
  let goOn: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let halfway: () => void = () => undefined;
  const isHalfway = new Promise<void>((resolve) => {
    halfway = resolve;
  });
  async function* recorded(): AsyncGenerator<readonly SourceEvent[]> {
    const half = events.length / 2;
    for (const [index, event] of events.entries()) {
      if (index === Math.floor(half)) {
        halfway();
        await told;
      }
      yield [event];
    }
  }
  const source: LiveSource = {
    mode: 'proxy',
    identity: 'a host',
    ready: Promise.resolve(),
    counters: createProxyCounters(),
    bufferBytes: 1,
    events: recorded,
    stop: async () => undefined,
    close: async () => undefined,
  };
  const [before, after]: [Exported[], Exported[]] = [[], []];
  let got = before;
  const nothing = async (): Promise<void> => undefined;
  const findings = (batch: readonly Exported[]): void => void got.push(...batch);
  const clock = systemClock();
  const agent = await startAgent({
    config,
    environment: {},
    version: '0.0.0',
    clock,
    timers: systemTimers(clock),
    log: () => undefined,
    extraSinks: () => [{ findings, ready: nothing, flush: nothing, close: nothing }],
    openSource: async () => source,
  });
  await isHalfway;
  await agent.reconfigure({ ...config, ...changes });
  got = after;
  goOn();
  await agent.ended;
  await agent.stop();
  return { before, after };
};

const rounds = (all: readonly Exported[]) => {
  const of = all.filter(({ finding }) => finding.kind === 'round');
  return { all: of.length, kept: of.filter(({ spans }) => spans.length > 0).length };
};

const spanIds = (all: readonly Exported[]): string[] =>
  all.flatMap(({ spans }) => spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));

for (const [name, changes] of [
  ['round-interval', { 'round-interval': 0 }],
  ['round-slow', { 'round-slow': 0 }],
  ['sampling', { sampling: 'all' }],
] as const) {
  test(`a reload takes up ${name}: rounds that were left out are exported from then on`, async () => {
    const { before, after } = await changedHalfway(changes);
    const [one, other] = [rounds(before), rounds(after)];
    assert.ok(one.kept * 4 < one.all, JSON.stringify(one));
    assert.ok(other.all > 50, JSON.stringify(other));
    assert.equal(other.kept, other.all);
  });
}

test('with sampling: all from some moment on, every call from then on has its spans, once, below a span that is there', async () => {
  const { before, after } = await changedHalfway({ sampling: 'all' });
  for (const { finding, spans } of after)
    if (finding.kind === 'call' && finding.call.revision === 0)
      assert.ok(spans.length > 0, `${finding.call.rpc} ${finding.call.stream}`);
  const ids = spanIds(after.filter(({ finding }) => finding.kind === 'call' && finding.call.revision === 0));
  assert.equal(new Set(ids).size, ids.length);
  const all = new Set([...spanIds(before), ...spanIds(after)]);
  const orphans = after
    .filter(({ finding }) => finding.kind === 'call' && finding.call.round !== null)
    .flatMap(({ spans }) => spans)
    .filter(({ traceId, parentSpanId, parentIsRemote }) =>
      parentSpanId === null || parentIsRemote ? false : !all.has(`${traceId} ${parentSpanId}`),
    );
  assert.deepEqual(orphans, []);
});

test('a reload takes up the name of the node and of the cluster, and not that of the host', async () => {
  const { after } = await changedHalfway({
    'node-name': 'worker-1',
    'cluster-name': 'blue',
    'round-slow': 0,
  });
  const resources = after.flatMap(({ spans }) => spans.map(({ resource }) => resource));
  assert.ok(resources.length > 100);
  for (const resource of resources) {
    assert.equal(resource['k8s.node.name'], 'worker-1');
    assert.equal(resource['k8s.cluster.name'], 'blue');
  }
});
