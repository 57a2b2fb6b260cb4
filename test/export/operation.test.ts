import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Phase, PodOperation } from '../../src/calls/pods/operation.ts';
import { renderCompact } from '../../src/export/compact.ts';
import { findingLine } from '../../src/export/finding-json.ts';
import { idsOfOperation } from '../../src/spans/pod-ids.ts';
import { spansOfOperation } from '../../src/spans/pod-spans.ts';
import { aCall } from '../support/a-call.ts';
import { aSpanContext } from '../support/a-span-context.ts';

const { caller } = aCall();
const start = 1_795_476_336_000_000_000n;

const phase = (changes: Partial<Phase> & Pick<Phase, 'phase'>, from: bigint, to: bigint): Phase => ({
  container: null,
  image: null,
  status: 'OK',
  connection: 3,
  stream: 5,
  ...changes,
  start: start + from * 1_000_000n,
  end: start + to * 1_000_000n,
});

const api = aCall({
  rpc: 'PullImage',
  stream: 9,
  start,
  end: start + 519_000_000n,
  facts: {
    ...aCall().facts,
    pod: { namespace: 'default', name: 'api', uid: 'u-2', attempt: 0 },
    image: 'api:1',
  },
});
const pull = phase({ phase: 'image_pull', image: 'app:1', status: 'NOT_FOUND', stream: 7 }, 520n, 700n);

const operation: PodOperation = {
  key: { kind: 'pod_start', pod: 'u-1', attempt: 1, container: null, generation: 0 },
  pod: { namespace: 'default', name: 'web', uid: 'u-1', attempt: 1 },
  sandboxId: '9a1b',
  endpoint: '/run/containerd/containerd.sock',
  connection: 3,
  caller,
  byKubelet: true,
  start,
  end: start + 700_000_000n,
  startSeen: true,
  outcome: 'failed',
  detail: 'PullImage app:1: NOT_FOUND',
  phases: [
    phase({ phase: 'sandbox' }, 0n, 500n),
    phase({ phase: 'client', status: null, connection: null, stream: null }, 500n, 520n),
    pull,
  ],
  phasesDropped: 0,
  traceparents: [],
  course: {
    shares: [{ name: 'PullImage', ns: 180_000_000n, of: [{ name: 'runtime', ns: 180_000_000n }] }],
    breakdown: '100 % PullImage (runtime 180 ms)',
    waits: [
      {
        ...{ on: 'pull_queue', phase: pull, call: null, behind: api, atOnce: 1 },
        ...{ start: start + 500_000_000n, end: start + 520_000_000n },
        ...{ behindText: 'PullImage of default/api', evidence: 'this pull began 1.0 ms after it ended' },
      },
      {
        ...{ on: 'kernel', phase: pull, call: null, group: 'fsync content', name: 'fsync content' },
        ...{ start: start + 520_000_000n, end: start + 700_000_000n },
        ...{ behindText: null, evidence: null },
      },
    ],
  },
};

test('the line of a start for programs: every key, in its form', () => {
  const spans = spansOfOperation(operation, aSpanContext());
  const line: unknown = JSON.parse(findingLine({ kind: 'operation', operation }, spans));
  const ids = idsOfOperation(operation.key);
  assert.deepEqual(line, {
    kind: 'pod_start',
    connection: 3,
    revision: 0,
    endpoint: '/run/containerd/containerd.sock',
    caller: {
      pid: 812,
      pid_start: '1795476000123456789',
      comm: 'kubelet',
      uid: 0,
      user_agent: 'grpc-go/1.72.1',
    },
    pod: { namespace: 'default', name: 'web', uid: 'u-1', attempt: 1 },
    sandbox_id: '9a1b',
    container: null,
    container_attempt: null,
    start: '1795476336000000000',
    end: '1795476336700000000',
    start_seen: true,
    outcome: 'failed',
    detail: 'PullImage app:1: NOT_FOUND',
    phases: [
      {
        phase: 'sandbox',
        container: null,
        image: null,
        start: '1795476336000000000',
        end: '1795476336500000000',
        status: 'OK',
        connection: 3,
        stream: 5,
      },
      {
        phase: 'client',
        container: null,
        image: null,
        start: '1795476336500000000',
        end: '1795476336520000000',
        status: null,
        connection: null,
        stream: null,
      },
      {
        phase: 'image_pull',
        container: null,
        image: 'app:1',
        start: '1795476336520000000',
        end: '1795476336700000000',
        status: 'NOT_FOUND',
        connection: 3,
        stream: 7,
      },
    ],
    phases_dropped: 0,
    breakdown: '100 % PullImage (runtime 180 ms)',
    shares: [{ name: 'PullImage', ns: 180_000_000, of: [{ name: 'runtime', ns: 180_000_000 }] }],
    waits: [
      {
        on: 'pull_queue',
        start: '1795476336500000000',
        end: '1795476336520000000',
        phase: 'image_pull',
        container: null,
        connection: 3,
        stream: 7,
        name: null,
        behind: {
          text: 'PullImage of default/api',
          connection: 3,
          stream: 9,
          rpc: 'PullImage',
          pod: { namespace: 'default', name: 'api', uid: 'u-2', attempt: 0 },
          container: null,
          image: 'api:1',
          start: '1795476336000000000',
          end: '1795476336519000000',
        },
        evidence: 'this pull began 1.0 ms after it ended',
      },
      {
        on: 'kernel',
        start: '1795476336520000000',
        end: '1795476336700000000',
        phase: 'image_pull',
        container: null,
        connection: 3,
        stream: 7,
        name: 'fsync content',
        behind: null,
        evidence: null,
      },
    ],
    trace_id: ids.traceId,
    span_id: ids.spanId,
  });
});

test('without spans its ids are null, not missing', () => {
  const line: unknown = JSON.parse(findingLine({ kind: 'operation', operation }, []));
  assert.ok(typeof line === 'object' && line !== null && 'trace_id' in line && 'span_id' in line);
  assert.deepEqual([line.trace_id, line.span_id], [null, null]);
});

test('a failed start is an error of its root span, with what failed', () => {
  const [root] = spansOfOperation(operation, aSpanContext());
  assert.equal(root?.name, 'pod start default/web');
  assert.deepEqual(root?.status, { code: 'error', message: 'PullImage app:1: NOT_FOUND' });
  assert.equal(root?.attributes['cri.operation.sandbox_ms'], 500);
  assert.equal(root?.attributes['cri.operation.image_pull_ms'], 180);
  assert.equal(root?.attributes['cri.operation.pull_queue_ms'], 20);
  assert.equal(root?.attributes['cri.operation.client_ms'], 0);
});

test('the line of a start for people tells its phases, and no control characters of a name', () => {
  const evil = { ...operation, pod: { ...operation.pod, name: 'web\u001b[2J' } };
  const line = renderCompact({ kind: 'operation', operation: evil }, { colour: false });
  assert.match(line, /pod start +700ms failed: PullImage app:1: NOT_FOUND default\/web/);
  assert.match(line, /\(sandbox 500ms, client 20\.0ms, image pull app:1 180ms NOT_FOUND\)$/);
  assert.ok(!line.includes('\u001b'));
});

test('a line holds twelve phases and says how many there are more', () => {
  const phases = Array.from({ length: 20 }, (_, n) => phase({ phase: 'create', container: `c${n}` }, 1n, 2n));
  const line = renderCompact(
    { kind: 'operation', operation: { ...operation, phases, phasesDropped: 5 } },
    { colour: false },
  );
  assert.match(line, /create c11 1\.00ms, 13 more\)$/);
});
