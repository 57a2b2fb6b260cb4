import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coveredNs } from '../../src/foundation/covered.ts';
import { podAttributeRows } from '../../src/spans/pod-attributes.ts';
import { idsOfOperation } from '../../src/spans/pod-ids.ts';
import { spansOfOperation } from '../../src/spans/pod-spans.ts';
import type { Span } from '../../src/spans/span.ts';
import { traceOfCall } from '../../src/spans/trace-of-call.ts';
import { waitAttributeRows } from '../../src/spans/wait-attributes.ts';
import { at, type Played, play } from '../calls/waits/play.ts';
import { aSpanContext } from '../support/a-span-context.ts';

const web: readonly Played[] = [
  { rpc: 'RunPodSandbox', from: 0, to: 1 },
  { rpc: 'PullImage', from: 10, to: 12, image: 'web:1' },
  { rpc: 'CreateContainer', from: 12, to: 13, container: 'app' },
  { rpc: 'StartContainer', from: 13.1, to: 15, container: 'app' },
];
const api: Played = { rpc: 'PullImage', pod: 'api', image: 'api:1', from: 4, to: 9.99 };
const update: Played = { rpc: 'UpdateContainerResources', container: 'app', from: 13, to: 14.99 };

/** Calls of the operation stand in its trace, as they do where the client sends no traces of its own. */
const context = aSpanContext({
  parentOf: ({ rpc, facts }) =>
    rpc === 'UpdateContainerResources'
      ? null
      : {
          ...idsOfOperation({
            kind: 'pod_start',
            pod: `uid of ${facts.pod?.name}`,
            attempt: 0,
            container: null,
            generation: 0,
          }),
          ...{ traceFlags: 1, traceState: null, isRemote: false },
        },
});

const { operations } = play([...web, api, update]);
const operation = operations.find(({ pod }) => pod.name === 'web');
assert.ok(operation);
const [root, ...waits] = spansOfOperation(operation, context);
assert.ok(root);

const named = (name: string): Span => {
  const [only, ...others] = waits.filter((span) => span.name === name);
  assert.ok(only !== undefined && others.length === 0, name);
  return only;
};

test('what went to others is a span of its own; what the calls themselves did is not', () => {
  assert.deepEqual(
    waits.map(({ name }) => name),
    [
      'kubelet, between calls',
      'waiting for another pull',
      'kubelet, between calls',
      'waiting for UpdateContainerResources',
    ],
  );
  assert.match(
    String(root.attributes['cri.operation.breakdown']),
    /^40 % waiting for PullImage of default\/api, /,
  );
});

test('what went to pulls of others is not counted as time of the client', () => {
  const gaps = operation.phases.filter(({ phase }) => phase === 'client');
  const ms = (name: string): number => Number(root.attributes[`cri.operation.${name}_ms`]);
  assert.equal(ms('pull_queue'), 6_000);
  assert.equal(ms('pull_queue') + ms('client'), Number(coveredNs(gaps)) / 1e6);
});

test('a wait before a call is a child of the root, and linked to what was waited for', () => {
  const queue = named('waiting for another pull');
  const [, wait] = operation.course?.waits.filter(({ on }) => on !== 'runtime') ?? [];
  assert.ok(wait?.on === 'pull_queue');
  const other = traceOfCall(wait.behind, context);
  assert.deepEqual([queue.traceId, queue.parentSpanId], [root.traceId, root.spanId]);
  assert.deepEqual([queue.start, queue.end], [at(4), at(10)]);
  assert.deepEqual(queue.links, [{ traceId: other.traceId, spanId: other.clientSpanId, attributes: {} }]);
  assert.equal(queue.attributes['cri.wait.on'], 'pull_queue');
  assert.equal(queue.attributes['cri.wait.behind'], 'PullImage of default/api');
  assert.equal(queue.attributes['k8s.pod.name'], 'web');
});

test('a wait within a call is a child of that call', () => {
  const lock = named('waiting for UpdateContainerResources');
  const call = operation.course?.waits.find((wait) => wait.on === 'same_container');
  assert.ok(call?.on === 'same_container' && call.call !== null);
  assert.equal(lock.parentSpanId, traceOfCall(call.call, context).clientSpanId);
  assert.equal(lock.attributes['k8s.container.name'], 'app');
});

test('of a client with traces of its own the wait stays in the trace of the operation', () => {
  const spans = spansOfOperation(operation, { ...context, parentOf: () => null });
  const lock = spans.find(({ name }) => name === 'waiting for UpdateContainerResources');
  assert.deepEqual([lock?.traceId, lock?.parentSpanId], [root.traceId, root.spanId]);
});

test('ids are the same each time, and no two are the same', () => {
  const ids = (spans: readonly Span[]) => spans.map(({ spanId }) => spanId);
  assert.deepEqual(ids(spansOfOperation(operation, context)), ids([root, ...waits]));
  assert.equal(new Set(ids(waits)).size, waits.length);
});

test('every attribute that they have is in a table', () => {
  const known = new Set<string>([...podAttributeRows, ...waitAttributeRows].map(({ name }) => name));
  const set = waits
    .flatMap(({ attributes }) => Object.keys(attributes))
    .filter((name) => !name.startsWith('k8s.'));
  assert.deepEqual([...new Set(set)].filter((name) => !known.has(name)).sort(), [
    'cri.sandbox.attempt',
    'cri.sandbox.id',
  ]);
  for (const { name } of waitAttributeRows) assert.ok(set.includes(name), name);
});
