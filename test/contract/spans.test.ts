import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createCallSpans } from '../../src/call-spans.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { observe } from '../../src/observe.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createCaptureEncoder } from '../../src/source/capture/encoder.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { createReplay } from '../../src/source/replay.ts';
import type { Source } from '../../src/source/source.ts';
import type { ObservationMode } from '../../src/spans/call-attributes.ts';
import { createSpanCounters } from '../../src/spans/limits.ts';
import type { Attributes, Span } from '../../src/spans/span.ts';
import { tapOn, watchTap } from '../source/tap/stage.ts';
import { aRuntime } from '../support/a-runtime.ts';
import { temporaryFolder } from '../support/folder.ts';
import { goKubelet } from '../support/go-kubelet.ts';
import { grpcGoClient } from '../support/grpc-go-client.ts';
import { aProxy } from '../support/observed.ts';
import { until } from '../support/until.ts';

/** The life of two pods, seen by the proxy on its way and by the tap behind it. */
const traffic = async (t: TestContext) => {
  const runtime = await aRuntime(t, { images: ['registry.k8s.io/app:1'] });
  const { proxy, socket } = await aProxy(t, runtime.socket);
  const tap = tapOn(t, runtime.socket);
  const [byProxy, byTap] = [watchTap(proxy), watchTap(tap)];
  const options = { authority: 'localhost', userAgent: 'grpc-go/1.72.1', acceptsEncodings: true };
  const clients = [await grpcGoClient(socket, options), await grpcGoClient(socket, options)] as const;
  const kubelet = goKubelet({ minor: 35, version: 'v1' }, ...clients);
  await kubelet.start();
  for (const pod of ['web', 'db']) await kubelet.startPod(pod);
  for (let second = 0; second < 12; second++) await kubelet.second(second);
  await kubelet.restart('db');
  await kubelet.stopPod('web');
  for (const client of clients) client.close();
  const closes = ({ events }: typeof byTap): number => events.filter(({ kind }) => kind === 'close').length;
  await until(() => closes(byProxy) === 2 && closes(byTap) === 2, 'the closes');
  await Promise.all([proxy.stop(), tap.stop(), byProxy.done, byTap.done]);
  assert.equal(proxy.counters.lostBytes + tap.counters.lostBytes, 0);
  return { proxy: byProxy.events, tap: byTap.events, endpoint: runtime.socket };
};

const recorded = async (
  t: TestContext,
  endpoint: string,
  events: readonly SourceEvent[],
): Promise<Source> => {
  const file = join(await temporaryFolder(t), 'capture.jsonl');
  const encoder = createCaptureEncoder(endpoint);
  writeFileSync(file, encoder.header({}) + events.map((event) => encoder.event(event)).join(''));
  return createReplay({ input: file, pace: null, clock: systemClock() });
};

const sourceOf = (events: readonly SourceEvent[]): Source => ({
  identity: 'host:test',
  async *events() {
    for (const event of events) yield [event];
  },
  stop: async () => undefined,
});

const spansOf = async (source: Source, mode: ObservationMode): Promise<Span[]> => {
  const make = createCallSpans({
    identity: 'host:test',
    host: { hostId: 'test', hostName: 'test', nodeName: null, extra: {} },
    mode,
    version: '0',
    counters: createSpanCounters(),
  });
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  const spans: Span[] = [];
  for await (const batch of observe(source, pipeline, make))
    for (const one of batch) spans.push(...one.spans);
  return spans;
};

/** Who looked, and when: what may differ. */
const isOfObserver = (name: string): boolean =>
  name === 'cri.observation.mode' ||
  name.startsWith('cri.time.') ||
  name.endsWith('_ms') ||
  name.endsWith('.breakdown');

/** There only where the time was more than a millisecond, which is another one for each who looks. */
const isOfTime = (span: string): boolean =>
  /, (?:between calls|after a failed call)$/.test(span) || span.startsWith('waiting for ');

const said = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !isOfObserver(name)));

const structure = (spans: readonly Span[]): string[] => {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const linked = (id: string): string => byId.get(id)?.name ?? 'none';
  return spans
    .filter(({ name }) => !isOfTime(name))
    .map((span) =>
      JSON.stringify({
        name: span.name,
        kind: span.kind,
        parent: span.parentSpanId === null ? null : linked(span.parentSpanId),
        attributes: said(span.attributes),
        status: span.status,
        events: span.events.map(({ name, attributes }) => [name, said(attributes)]),
        links: span.links.map(({ spanId }) => linked(spanId)).sort(),
        resource: span.resource,
      }),
    )
    .sort();
};

const onlyIn = (these: readonly string[], those: readonly string[]): string[] => {
  const left = [...those];
  return these.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
};

test('proxy, tap and a replay of what the tap saw: the same traffic, the same spans', async (t) => {
  const seen = await traffic(t);
  const byProxy = structure(await spansOf(sourceOf(seen.proxy), 'proxy'));
  const byTap = structure(await spansOf(sourceOf(seen.tap), 'tap'));
  const byReplay = structure(await spansOf(await recorded(t, seen.endpoint, seen.tap), 'replay'));
  t.diagnostic(`${byTap.length} spans`);
  assert.ok(byTap.length > 200);
  assert.deepEqual(onlyIn(byTap, byReplay), []);
  assert.deepEqual(onlyIn(byReplay, byTap), []);
  assert.deepEqual(onlyIn(byTap, byProxy), []);
  assert.deepEqual(onlyIn(byProxy, byTap), []);
});
