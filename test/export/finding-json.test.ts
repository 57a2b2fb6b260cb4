import assert from 'node:assert/strict';
import test from 'node:test';
import type { ConnectionFinding } from '../../src/calls/finding.ts';
import { findingLine } from '../../src/export/finding-json.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import { aCall } from '../support/a-call.ts';
import { aSpanContext } from '../support/a-span-context.ts';

const base = aCall();
const parse = (line: string): Record<string, unknown> => JSON.parse(line);

test('a call’s line: every key of the contract, in its form', () => {
  const call = aCall({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });
  const spans = spansOfCall(call, aSpanContext());
  assert.deepEqual(parse(findingLine({ kind: 'call', call }, spans)), {
    kind: 'call',
    connection: 3,
    stream: 5,
    revision: 0,
    endpoint: '/run/containerd/containerd.sock',
    method: 'runtime.v1.RuntimeService/RunPodSandbox',
    rpc: 'RunPodSandbox',
    service: 'RuntimeService',
    api_version: 'v1',
    method_source: 'read',
    method_confidence: null,
    method_candidates: [],
    outcome: 'finished',
    reset_by: null,
    reset_code: null,
    status: 'OK',
    status_message: null,
    start: '1795476336832945208',
    end: '1795476336834757830',
    request_bytes: 1432,
    response_bytes: 66,
    request_messages: 1,
    response_messages: 1,
    deadline_ms: 119_999.5,
    caller: {
      pid: 812,
      pid_start: '1795476000123456789',
      comm: 'kubelet',
      uid: 0,
      user_agent: 'grpc-go/1.72.1',
    },
    pod: { namespace: 'default', name: 'web', uid: '0c3f6f7e', attempt: 0 },
    sandbox_id: '9a1b7c',
    container: null,
    container_id: null,
    image: null,
    runtime_handler: 'runc',
    trace_id: 'a'.repeat(32),
    span_id: spans[0]?.spanId,
    parent_span_id: 'b'.repeat(16),
    lost_bytes: 0,
  });
});

test('what is not known is null, never missing', () => {
  const known = Object.keys(parse(findingLine({ kind: 'call', call: base }, [])));
  const nothing = aCall({
    method: null,
    rpc: null,
    service: null,
    apiVersion: null,
    methodSource: 'unknown',
    start: null,
    end: null,
    timeoutNs: null,
    caller: { pid: null, pidStart: null, uid: null, comm: null, cgroup: null, userAgent: null },
    facts: { ...base.facts, pod: null, sandboxId: null, runtimeHandler: null },
    result: { ...base.result, outcome: 'in_flight', end: null, status: null, lostBytes: null },
  });
  const line = parse(findingLine({ kind: 'call', call: nothing }, []));
  assert.deepEqual(Object.keys(line), known);
  assert.deepEqual(
    Object.entries(line)
      .filter(([, value]) => value === null)
      .map(([key]) => key),
    [
      'method',
      'rpc',
      'service',
      'api_version',
      'method_confidence',
      'reset_by',
      'reset_code',
      'status',
      'status_message',
      'start',
      'end',
      'deadline_ms',
      'pod',
      'sandbox_id',
      'container',
      'container_id',
      'image',
      'runtime_handler',
      'trace_id',
      'span_id',
      'parent_span_id',
      'lost_bytes',
    ],
  );
  assert.deepEqual(line.caller, { pid: null, pid_start: null, comm: null, uid: null, user_agent: null });
});

test('the end of a call in flight is null, also where its span had to end', () => {
  const call = aCall({
    end: null,
    result: { ...base.result, outcome: 'in_flight', end: null, status: null },
  });
  const spans = spansOfCall(call, aSpanContext({ endOfInput: 1_795_476_400_000_000_000n }));
  const line = parse(findingLine({ kind: 'call', call }, spans));
  assert.equal(line.end, null);
  assert.equal(line.span_id, spans[0]?.spanId);
});

test('a confidence is for inferred methods, whole messages are for who asked', () => {
  const inferred = aCall({ methodSource: 'inferred', methodConfidence: 0.75 });
  assert.equal(parse(findingLine({ kind: 'call', call: inferred }, [])).method_confidence, 0.75);
  const few = ['ListContainers', 'StreamContainers'];
  const undecided = aCall({ method: null, rpc: null, methodSource: 'unknown', methodCandidates: few });
  assert.deepEqual(parse(findingLine({ kind: 'call', call: undecided }, [])).method_candidates, few);
  const full = { request: [{ bytes: Uint8Array.of(1, 2), limit: 1n << 60n }], response: [] };
  assert.deepEqual(parse(findingLine({ kind: 'call', call: aCall({ full }) }, [])).full, {
    request: [{ bytes: 'AQI=', limit: String(1n << 60n) }],
    response: [],
  });
});

test('what befell a connection', () => {
  const connection: ConnectionFinding = {
    finding: 'gap',
    connection: 4,
    revision: 1,
    endpoint: '/run/crio/crio.sock',
    caller: base.caller,
    at: 5n,
    count: 4096,
    detail: null,
    explanation: '4096 bytes were not seen',
  };
  assert.deepEqual(parse(findingLine({ kind: 'connection', connection }, [])), {
    kind: 'connection',
    finding: 'gap',
    connection: 4,
    revision: 1,
    endpoint: '/run/crio/crio.sock',
    caller: {
      pid: 812,
      pid_start: '1795476000123456789',
      comm: 'kubelet',
      uid: 0,
      user_agent: 'grpc-go/1.72.1',
    },
    at: '5',
    count: 4096,
    detail: null,
    explanation: '4096 bytes were not seen',
  });
});

test('nothing in a line can act on a terminal or end it early', () => {
  const evil = 'a\u001b]0;x\u0007\u009b31m\u007f\u2028\n"b';
  const line = findingLine(
    { kind: 'call', call: aCall({ result: { ...base.result, statusMessage: evil } }) },
    [],
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
  assert.equal(parse(line).status_message, evil);
});
