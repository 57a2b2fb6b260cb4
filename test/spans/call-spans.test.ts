import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Call } from '../../src/calls/call.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import { createSpanCounters } from '../../src/spans/limits.ts';
import type { Span } from '../../src/spans/span.ts';
import { aCall } from '../support/a-call.ts';
import { aSpanContext } from '../support/a-span-context.ts';

const base = aCall();
const ending = (result: Partial<Call['result']>, changes: Partial<Call> = {}): Call =>
  aCall({ ...changes, result: { ...base.result, ...result } });

const both = (call: Call, context = aSpanContext()): { client: Span; server: Span } => {
  const [client, server, ...rest] = spansOfCall(call, context);
  assert.ok(client && server);
  assert.deepEqual([client.kind, server.kind, rest], ['client', 'server', []]);
  return { client, server };
};

test('a call is a CLIENT span of the caller with a SERVER child of the runtime', () => {
  const { client, server } = both(base);
  assert.equal(server.parentSpanId, client.spanId);
  assert.equal(server.traceId, client.traceId);
  assert.notEqual(server.spanId, client.spanId);
  assert.equal(client.parentSpanId, null);
  assert.deepEqual([client.name, server.name], [base.method, base.method]);
  assert.equal(client.attributes['server.address'], '/run/containerd/containerd.sock');
  assert.equal(server.attributes['server.address'], 'localhost');
  assert.equal(both(aCall({ authority: null })).server.attributes['server.address'], undefined);
});

test('statuses: every non-OK is an error of the client, six codes are errors of the server', () => {
  const cases: [Partial<Call['result']>, string | null, string | null][] = [
    [{ status: 'OK' }, null, null],
    ...['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'].map(
      (status): [Partial<Call['result']>, string, string] => [{ status }, status, status],
    ),
    ...['NOT_FOUND', 'CANCELLED', 'INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED', 'CODE_17'].map(
      (status): [Partial<Call['result']>, string, null] => [{ status }, status, null],
    ),
    [{ status: 'OK', outcome: 'finished', reset: { by: 'client', code: 'CANCEL' } }, null, null],
    [{ status: null, outcome: 'reset', reset: { by: 'client', code: 'CANCEL' } }, 'rst_stream.CANCEL', null],
    [{ status: null, outcome: 'reset', reset: { by: 'server', code: null } }, 'rst_stream', null],
    [
      { status: null, outcome: 'reset', reset: { by: 'server', code: 'INTERNAL_ERROR' } },
      'rst_stream.INTERNAL_ERROR',
      'rst_stream.INTERNAL_ERROR',
    ],
    [{ status: null, outcome: 'connection_lost' }, 'connection_lost', null],
    [{ status: null, outcome: 'in_flight' }, null, null],
  ];
  for (const [result, clientError, serverError] of cases) {
    const { client, server } = both(ending(result));
    for (const [span, error] of [
      [client, clientError],
      [server, serverError],
    ] as const) {
      assert.equal(span.attributes['error.type'] ?? null, error, `${span.kind} ${JSON.stringify(result)}`);
      assert.equal(span.status.code, error === null ? 'unset' : 'error');
      assert.equal(span.attributes['rpc.status_code'], result.status ?? undefined);
    }
  }
});

test('the description is the message, without the code it may repeat', () => {
  const description = (statusMessage: string | null) =>
    both(ending({ status: 'NOT_FOUND', statusMessage })).client.status.message;
  assert.equal(description('no such container'), 'no such container');
  assert.equal(description('rpc error: code = NotFound desc = no such container'), 'no such container');
  assert.equal(description(''), null);
  assert.equal(description(null), null);
  assert.equal(both(ending({ status: 'OK', statusMessage: 'fine' })).client.status.message, null);
});

test('methods that are not of the CRI stay out of span names', () => {
  for (const [changes, name, method, original] of [
    [{}, base.method, base.method, undefined],
    [{ method: 'runtime.v1.RuntimeService/Unheard' }, 'grpc', '_OTHER', 'runtime.v1.RuntimeService/Unheard'],
    [{ method: 'a.B/C', service: null }, 'grpc', '_OTHER', 'a.B/C'],
    [{ method: null, rpc: null, methodSource: 'unknown' }, 'grpc', '_OTHER', undefined],
  ] as const) {
    for (const span of Object.values(both(aCall(changes)))) {
      assert.equal(span.name, name);
      assert.equal(span.attributes['rpc.method'], method);
      assert.equal(span.attributes['rpc.method_original'], original);
    }
  }
  const inferred = both(
    aCall({ method: null, apiVersion: null, methodSource: 'inferred', methodConfidence: 0.8 }),
  );
  assert.equal(inferred.client.attributes['cri.rpc'], 'RunPodSandbox');
  assert.equal(inferred.client.attributes['cri.method.confidence'], 0.8);
});

test('parents: traceparent where it is usable, with its flags and state', () => {
  const traceId = 'a755b54d6c8d847bf1afbb425dd28d01';
  const parent = '9012ff98051525f8';
  const { client, server } = both(aCall({ traceparent: `00-${traceId}-${parent}-00`, tracestate: 'a=1' }));
  for (const span of [client, server]) {
    assert.deepEqual([span.traceId, span.traceFlags, span.traceState], [traceId, 0, 'a=1']);
  }
  assert.deepEqual([client.parentSpanId, client.parentIsRemote], [parent, true]);
  assert.equal(both(aCall({ traceparent: `cc-${traceId}-${parent}-01-more` })).client.parentSpanId, parent);

  const counters = createSpanCounters();
  for (const bad of [
    '',
    'nonsense',
    `00-${traceId}-${parent}`,
    `00-${traceId}-${parent}-01-more`,
    `00-${traceId}-${parent}-011`,
    `ff-${traceId}-${parent}-01`,
    `00-${'0'.repeat(32)}-${parent}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${parent}-01`,
  ]) {
    const own = both(aCall({ traceparent: bad }), aSpanContext({ counters })).client;
    assert.deepEqual([own.parentSpanId, own.traceFlags], [null, 1], bad);
    assert.notEqual(own.traceId, traceId);
  }
  assert.equal(counters.badTraceparents, 9);
  for (const state of ['x'.repeat(513), 'a=\u0007'])
    assert.equal(
      both(aCall({ traceparent: `00-${traceId}-${parent}-01`, tracestate: state })).client.traceState,
      null,
    );
});

test('a given parent is for calls that bring none', () => {
  const given = {
    traceId: 'c'.repeat(32),
    spanId: 'd'.repeat(16),
    traceFlags: 1,
    traceState: null,
    isRemote: false,
  };
  const context = aSpanContext({ parentOf: () => given });
  assert.equal(both(base, context).client.parentSpanId, given.spanId);
  const brought = both(aCall({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }), context);
  assert.equal(brought.client.parentSpanId, 'b'.repeat(16));
});

test('times: one per byte, and four', () => {
  const one = both(base);
  assert.deepEqual([one.server.start, one.server.end], [one.client.start, one.client.end]);
  assert.equal(one.client.attributes['cri.time.source'], 'observer');

  const four = both(
    aCall({
      start: 1_000n,
      requestSentAt: 1_000n,
      requestReadAt: 1_200n,
      responseSentAt: 1_900n,
      end: 2_000n,
    }),
  );
  assert.deepEqual([four.client.start, four.client.end], [1_000n, 2_000n]);
  assert.deepEqual([four.server.start, four.server.end], [1_200n, 1_900n]);
  assert.equal(four.client.attributes['cri.time.source'], 'peers');
  assert.equal(four.client.attributes['cri.time.send_bound'], undefined);
  const bound = both(aCall({ requestSentAt: 1_000n, sentBound: true }));
  for (const span of [bound.client, bound.server]) assert.equal(span.attributes['cri.time.send_bound'], true);
  assert.equal(four.client.attributes['cri.time.clamped'], undefined);
});

test('a call in flight has spans once the input has ended; one whose start is not known begins where it was seen', () => {
  const counters = createSpanCounters();
  const open = ending({ outcome: 'in_flight', status: null, end: null }, { end: null });
  assert.deepEqual(spansOfCall(open, aSpanContext({ counters })), []);
  assert.equal(counters.callsWithoutTimes, 1);
  const endOfInput = 1_795_476_400_000_000_000n;
  const { client } = both(open, aSpanContext({ endOfInput }));
  assert.equal(client.end, endOfInput);
  assert.equal(client.attributes['cri.outcome'], 'in_flight');
  assert.equal(client.status.code, 'unset');

  const late = both(aCall({ start: null, requestReadAt: null })).client;
  assert.equal(late.start, base.result.responseStart?.at);
  assert.equal(late.attributes['cri.time.start_unknown'], true);
});

test('whatever the times: the SERVER span lies inside its parent, no span ends before it starts', () => {
  const time = fc.bigInt({ min: 0n, max: 50n });
  const maybe = fc.option(time, { nil: null });
  fc.assert(
    fc.property(
      maybe,
      maybe,
      maybe,
      maybe,
      maybe,
      maybe,
      (start, sent, read, responseSent, end, endOfInput) => {
        const call = aCall({
          start,
          requestSentAt: sent,
          requestReadAt: read,
          responseSentAt: responseSent,
          end,
        });
        for (const span of spansOfCall(call, aSpanContext({ endOfInput }))) assert.ok(span.start <= span.end);
        const [client, server] = spansOfCall(call, aSpanContext({ endOfInput }));
        if (!client || !server) return;
        assert.ok(client.start <= server.start && server.end <= client.end);
        if (sent === null && responseSent === null)
          assert.equal(client.attributes['cri.time.source'], 'observer');
      },
    ),
  );
});

test('values of the method come under cri., and never over what critrace says itself', () => {
  const values = { 'runtime.ready': true, outcome: 'forged', __proto__x: 'y' };
  const { client, server } = both(aCall({ facts: { ...base.facts, values } }));
  assert.equal(client.attributes['cri.runtime.ready'], true);
  assert.equal(client.attributes['cri.outcome'], 'finished');
  assert.equal(server.attributes['cri.runtime.ready'], undefined);
});

test('text that a peer chose is cut', () => {
  const { client } = both(aCall({ caller: { ...base.caller, userAgent: 'x'.repeat(100_000) } }));
  assert.equal(String(client.attributes['user_agent.original']).length, 2_048);
});
