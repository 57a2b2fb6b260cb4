import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { findMethod } from '../../src/cri/methods.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import type { Span } from '../../src/spans/span.ts';
import { aSpanContext } from '../support/a-span-context.ts';
import { replayCalls } from '../support/replay-calls.ts';
import { checkSpan } from './check-span.ts';

const capture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/captures/${name}.jsonl.gz`, import.meta.url));

const spansOfCapture = async (name: string): Promise<Span[]> => {
  const context = aSpanContext({
    identity: name,
    endOfInput: 2_000_000_000_000_000_000n,
    recognises: (method) => findMethod(method) !== null,
  });
  return (await replayCalls(capture(name))).flatMap((call) => spansOfCall(call, context));
};

for (const [name, calls, services] of [
  ['kubelet-1.30-containerd-2.4-tracing', 778, ['containerd', 'kubelet']],
  ['pod-lifecycle-crio-crictl1.36', 103, ['cri-o', 'crictl']],
  ['v1alpha2-c16-crictl1.22', 50, ['containerd', 'crictl']],
] as const) {
  test(`${name}: every call a pair of spans, as documented, the same each time`, async () => {
    const spans = await spansOfCapture(name);
    assert.equal(spans.length, 2 * calls);
    assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    for (const span of spans) {
      checkSpan(span);
      assert.notEqual(span.name, 'grpc');
      if (span.kind === 'client') continue;
      const parent = byId.get(span.parentSpanId ?? '');
      assert.ok(parent && parent.start <= span.start && span.end <= parent.end);
    }
    const hosts = new Set(spans.map(({ resource }) => resource['host.id']));
    assert.equal(hosts.size, 1);
    const found = new Set(spans.map(({ resource }) => String(resource['service.name'])));
    assert.deepEqual([...found].sort(), services);
    assert.deepEqual(await spansOfCapture(name), spans);
  });
}

test('a traced kubelet’s calls hang below its own spans', async () => {
  const clients = (await spansOfCapture('kubelet-1.30-containerd-2.4-tracing')).filter(
    ({ kind }) => kind === 'client',
  );
  const traced = clients.filter(({ parentIsRemote }) => parentIsRemote);
  assert.ok(traced.length > 700, `${traced.length} of ${clients.length}`);
  assert.ok(clients.some(({ traceId, spanId }) => traceId && spanId));
});
