import assert from 'node:assert/strict';
import test from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import { kernelPartRows, kernelTotalRows } from '../../src/spans/kernel-attributes.ts';
import { spansOfKernel } from '../../src/spans/kernel-spans.ts';
import type { Span } from '../../src/spans/span.ts';
import { aSpanContext } from '../support/a-span-context.ts';
import { at, play } from '../support/kernel-play.ts';
import { podPlay } from '../support/kernel-pod.ts';
import { checkKernelAttributes, checkSpan } from './check-span.ts';

const podStart = (fails = false): Call => {
  const pod = podPlay({ nth: 1, from: 0, fails });
  const { run } = pod;
  return { ...run, kernel: play(pod.steps).storyOf(run) };
};

const spansOf = (call: Call): { readonly server: Span; readonly parts: readonly Span[] } => {
  const context = aSpanContext();
  const server = spansOfCall(call, context).find(({ kind }) => kind === 'server');
  assert.ok(server && call.kernel);
  return { server, parts: spansOfKernel(call, call.kernel, context) };
};

test('a part is an INTERNAL span inside its parent, in the trace of the call and of the runtime', () => {
  const { server, parts } = spansOf(podStart());
  const spans = new Map([server, ...parts].map((span) => [span.spanId, span]));
  assert.equal(spans.size, parts.length + 1);
  for (const part of parts) {
    const parent = spans.get(part.parentSpanId ?? '');
    assert.ok(parent, part.name);
    assert.ok(parent.start <= part.start && part.end <= parent.end && part.start <= part.end, part.name);
    assert.equal(part.traceId, server.traceId);
    assert.equal(part.kind, 'internal');
    assert.equal(part.resource, server.resource);
    checkKernelAttributes(part.attributes);
  }
  const named = (name: string): Span => {
    const found = parts.find((part) => part.name === name);
    assert.ok(found, name);
    return found;
  };
  assert.equal(named('cni.ADD host-local').parentSpanId, named('cni.ADD bridge').spanId);
  assert.equal(named('cni.ADD bridge').parentSpanId, server.spanId);
  assert.equal(named('cni.ADD bridge').attributes['cri.cni.interface'], 'eth0');
  assert.equal(named('container exec').attributes['cri.container.program'], 'pause');
  assert.equal(named('container exec').attributes['cri.kernel.outlives_call'], true);
});

test('the SERVER span says where the time went, and no attribute is outside of the tables', () => {
  const { server } = spansOf(podStart());
  checkSpan(server);
  assert.equal(server.attributes['cri.kernel.executions'], 11);
  assert.equal(server.attributes['cri.kernel.sync.count'], 1);
  assert.equal(server.attributes['cri.kernel.sync.slowest_ms'], 4);
  assert.equal(server.attributes['cri.kernel.unexplained_ms'], 18);
  assert.match(String(server.attributes['cri.kernel.breakdown']), /^53 % CNI/);
});

test('a plugin that failed is an error, with its exit code', () => {
  const { parts } = spansOf(podStart(true));
  const failed = parts.filter(({ status }) => status.code === 'error');
  assert.deepEqual(
    failed.map(({ name, status, attributes }) => [name, status.message, attributes['process.exit.code']]),
    [['cni.ADD portmap', 'exit code 1', 1]],
  );
});

test('the same input gives the same ids', () => {
  const ids = (): readonly string[] => spansOf(podStart()).parts.map(({ spanId }) => spanId);
  assert.deepEqual(ids(), ids());
});

test('every row of the tables is set by some story', () => {
  const call = podStart();
  const { kernel } = call;
  assert.ok(kernel);
  const [first] = kernel.parts;
  assert.ok(first);
  const totals = { requests: 1, bytes: 4096n, durationNs: 5n };
  const everything: Call = {
    ...call,
    kernel: {
      ...kernel,
      partsDropped: 1,
      sharedSyncs: { count: 1, durationNs: 1n },
      block: totals,
      blockOfOthers: totals,
      scheduling: { runQueueNs: 1n, blockedNs: 1n },
      ambiguous: 1,
      lostRecords: 1,
      marks: [
        { kind: 'oom_kill', at: at(5), pid: 1, comm: 'app', cgroup: '/kubepods' },
        { kind: 'signal', at: at(6), signal: 9, pid: 1, comm: 'app', sender: { pid: 2, comm: 'runc' } },
        { kind: 'frozen', at: at(7), path: '/kubepods' },
      ],
      parts: [
        ...kernel.parts,
        { ...first, scheduling: { runQueueNs: 1n, blockedNs: 1n } },
        { ...first, what: { kind: 'connect', address: '10.0.0.7', port: 443, connected: false } },
        { ...first, what: { kind: 'stop', signal: 15, comm: 'app' }, signal: 15 },
      ],
    },
  };
  const { server, parts } = spansOf(everything);
  checkSpan(server);
  for (const { attributes } of server.events) checkKernelAttributes(attributes);
  const seen = new Set(
    [server, ...parts, ...server.events].flatMap(({ attributes }) => Object.keys(attributes)),
  );
  assert.deepEqual(
    [...kernelTotalRows, ...kernelPartRows].map(({ name }) => name).filter((name) => !seen.has(name)),
    [],
  );
  assert.deepEqual(
    server.events.map(({ name }) => name),
    ['oom kill', 'signal', 'cgroup frozen'],
  );
});
