import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createCallSpans } from '../../src/call-spans.ts';
import { attributeRows } from '../../src/spans/attributes.ts';
import { replayHostFacts } from '../../src/spans/host.ts';
import { createSpanCounters } from '../../src/spans/limits.ts';
import { podAttributeRows } from '../../src/spans/pod-attributes.ts';
import type { Span } from '../../src/spans/span.ts';
import { replayFindings } from '../support/replay-calls.ts';

const spansOf = async (capture: string, identity: string): Promise<Span[]> => {
  const path = fileURLToPath(new URL(`../fixtures/captures/${capture}.jsonl.gz`, import.meta.url));
  const make = createCallSpans({
    identity,
    host: replayHostFacts(identity),
    mode: 'replay',
    version: '0.0.0',
    counters: createSpanCounters(),
  });
  return (await replayFindings(path)).flatMap((finding) => make(finding, null));
};

const isRoot = ({ name, parentSpanId }: Span): boolean =>
  parentSpanId === null && /^(?:pod|container) (?:start|stop) /.test(name);

const roots = (spans: readonly Span[]): Span[] => spans.filter(isRoot);

const rpcOf = ({ name }: Span): string => name.slice(name.lastIndexOf('/') + 1);

test('the start of a pod is one trace: a root, the calls under it, and the time between them', async () => {
  const spans = await spansOf('kubelet-1.37-containerd-2.4', 'one');
  const [root, ...others] = roots(spans).filter(({ name }) => name === 'pod start default/web-lab-node4');
  assert.ok(root);
  assert.deepEqual(others, []);
  const children = spans.filter(({ parentSpanId }) => parentSpanId === root.spanId);
  assert.deepEqual(children.filter(({ kind }) => kind === 'client').map(rpcOf), [
    'RunPodSandbox',
    'PodSandboxStatus',
    'CreateContainer',
    'StartContainer',
    'CreateContainer',
    'StartContainer',
  ]);
  const between = children.filter(({ kind }) => kind === 'internal');
  assert.deepEqual([...new Set(between.map(({ name }) => name))], ['kubelet, between calls']);
  for (const child of children) {
    assert.equal(child.traceId, root.traceId);
    assert.ok(child.start >= root.start && child.end <= root.end, child.name);
  }
  assert.equal(root.start, children[0]?.start);
  assert.equal(root.attributes['k8s.pod.name'], 'web-lab-node4');
  assert.equal(root.attributes['cri.operation.outcome'], 'running');
  assert.equal(root.resource['service.name'], 'kubelet');
});

const captures = ['kubelet-1.37-containerd-2.4', 'kubelet-1.25-containerd-1.5', 'many-c24-crictl1.36'];

for (const capture of captures) {
  test(`${capture}: children lie inside their root, and no two spans share an id`, async () => {
    const spans = await spansOf(capture, 'one');
    const byId = new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span]));
    assert.equal(byId.size, spans.length);
    let children = 0;
    for (const span of spans) {
      const parent = byId.get(`${span.traceId} ${span.parentSpanId}`);
      if (span.parentSpanId === null || parent === undefined) continue;
      assert.ok(span.start >= parent.start && span.end <= parent.end, `${span.name} in ${parent.name}`);
      if (isRoot(parent)) children += 1;
    }
    assert.ok(children > 5, `${children} children`);
    const orphans = spans.filter(
      ({ traceId, parentSpanId, parentIsRemote }) =>
        parentSpanId !== null && !parentIsRemote && !byId.has(`${traceId} ${parentSpanId}`),
    );
    assert.deepEqual(
      orphans.map(({ name }) => name),
      [],
    );
  });
}

test('two observers give one pod the same trace', async () => {
  const ids = async (identity: string) =>
    roots(await spansOf('kubelet-1.37-containerd-2.4', identity)).map(
      ({ name, traceId, spanId }) => `${name} ${traceId} ${spanId}`,
    );
  assert.deepEqual(await ids('one'), await ids('another'));
});

test('calls of the traces of a kubelet stay there, and pod and trace are linked both ways', async () => {
  const spans = await spansOf('kubelet-1.30-containerd-2.4-tracing', 'one');
  const root = roots(spans).find(({ name }) => name === 'pod start default/web-lab-node2');
  assert.ok(root);
  const linked = spans.filter(
    ({ kind, links }) => kind === 'client' && links.some((link) => link.spanId === root.spanId),
  );
  assert.deepEqual(linked.map(rpcOf), [
    'RunPodSandbox',
    'PodSandboxStatus',
    'CreateContainer',
    'StartContainer',
    'CreateContainer',
    'StartContainer',
  ]);
  const traces = new Set(linked.map(({ traceId }) => traceId));
  assert.equal(traces.size, 1);
  assert.ok(!traces.has(root.traceId));
  assert.deepEqual([...new Set(root.links.map(({ traceId }) => traceId))], [...traces]);
});

test('what was stopped is removed in traces of their own, linked to the stop; the stop to the start', async () => {
  const spans = await spansOf('kubelet-1.37-containerd-2.4', 'one');
  const start = roots(spans).find(({ name }) => name === 'pod start default/web-lab-node4');
  const stop = roots(spans).find(({ name }) => name === 'pod stop default/web-lab-node4');
  assert.ok(start && stop);
  const after = spans.filter(
    ({ kind, links }) => kind === 'client' && links.some((link) => link.spanId === stop.spanId),
  );
  assert.deepEqual(after.map(rpcOf), [
    'RemoveContainer',
    'RemoveContainer',
    'StopPodSandbox',
    'RemovePodSandbox',
  ]);
  assert.deepEqual(
    stop.links.map(({ spanId }) => spanId),
    [start.spanId],
  );
});

test('every attribute of the spans of operations is in a table', async () => {
  const names = new Set<string>([...attributeRows, ...podAttributeRows].map(({ name }) => name));
  const set = new Set<string>();
  for (const capture of ['kubelet-1.37-containerd-2.4', 'pod-lifecycle-c16-crictl1.36']) {
    for (const span of roots(await spansOf(capture, 'one'))) {
      for (const name of Object.keys(span.attributes)) set.add(name);
    }
  }
  assert.deepEqual(
    [...set].filter((name) => !names.has(name)),
    [],
  );
  assert.deepEqual(
    podAttributeRows.map(({ name }) => name).filter((name) => !set.has(name)),
    ['cri.operation.start_unknown'],
  );
});
