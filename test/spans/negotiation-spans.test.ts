import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createCallSpans } from '../../src/call-spans.ts';
import { replayHostFacts } from '../../src/spans/host.ts';
import { createSpanCounters } from '../../src/spans/limits.ts';
import type { Span } from '../../src/spans/span.ts';
import { replayFindings } from '../support/replay-calls.ts';

const spansOf = async (name: string): Promise<Span[]> => {
  const path = fileURLToPath(new URL(`../fixtures/captures/${name}.jsonl.gz`, import.meta.url));
  const spans = createCallSpans({
    identity: name,
    host: replayHostFacts(name),
    mode: 'replay',
    version: '0.0.0',
    counters: createSpanCounters(),
  });
  return (await replayFindings(path)).flatMap((finding) => spans(finding, null));
};

const negotiationsOf = (spans: readonly Span[]): Span[] =>
  spans.filter(({ name }) => name.startsWith('negotiate '));

test('a fallback is one trace: the negotiation, with the probe of each version as a child inside it', async () => {
  const spans = await spansOf('kubelet-1.25-containerd-1.5');
  const [runtime] = negotiationsOf(spans);
  assert.ok(runtime, 'there is a negotiation');
  assert.equal(runtime.name, 'negotiate RuntimeService');
  assert.equal(runtime.kind, 'internal');
  assert.equal(runtime.resource['service.name'], 'kubelet');
  assert.equal(runtime.attributes['cri.negotiation.verdict'], 'fell_back_to_v1alpha2');
  assert.deepEqual(runtime.attributes['cri.negotiation.asked'], ['v1', 'v1alpha2']);
  assert.deepEqual(runtime.attributes['cri.negotiation.answered'], ['UNIMPLEMENTED', 'OK']);
  assert.equal(runtime.attributes['cri.negotiation.deprecated'], true);
  assert.equal(runtime.status.code, 'unset');
  const children = spans.filter(({ parentSpanId }) => parentSpanId === runtime.spanId);
  assert.deepEqual(
    children.map(({ name }) => name),
    ['runtime.v1.RuntimeService/Version', 'runtime.v1alpha2.RuntimeService/Version'],
  );
  for (const child of children) {
    assert.equal(child.traceId, runtime.traceId);
    assert.ok(child.start >= runtime.start && child.end <= runtime.end, 'a child lies inside its parent');
  }
});

test('a refused version is an error, linked to the negotiation in which it was chosen', async () => {
  const found = negotiationsOf(await spansOf('kubelet-1.25-sticky-gate-v1alpha2-to-v1'));
  const [chosen] = found;
  const refused = found.find((span) => span.attributes['cri.negotiation.sticky'] === true);
  assert.ok(chosen && refused, 'both are there');
  assert.equal(refused.status.code, 'error');
  assert.match(refused.status.message ?? '', /restart kubelet/);
  assert.deepEqual(refused.links, [{ traceId: chosen.traceId, spanId: chosen.spanId, attributes: {} }]);
  assert.notEqual(refused.traceId, chosen.traceId);
});

test('a kubelet that gives up again and again is told with its count', async () => {
  const found = negotiationsOf(await spansOf('kubelet-1.37-giveup-gate-v1alpha2-3-starts'));
  assert.deepEqual(
    found.map((span) => [span.status.code, span.attributes['cri.negotiation.attempt']]),
    [
      ['error', 1],
      ['error', 2],
      ['error', 3],
    ],
  );
  assert.equal(new Set(found.map(({ traceId }) => traceId)).size, 1);
});

test('the same capture gives the same spans', async () => {
  const name = 'pod-lifecycle-c16-crictl1.36';
  assert.deepEqual(await spansOf(name), await spansOf(name));
});
