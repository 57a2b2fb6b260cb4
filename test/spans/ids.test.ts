import assert from 'node:assert/strict';
import test from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import { createIds, type Ids, uuidOf } from '../../src/spans/ids.ts';
import { aCall } from '../support/a-call.ts';

const base = aCall();
const ofHost = createIds('host');

const idsIn = (ids: Ids, call: Call) => ({ traceId: ids.traceOfCall(call), ...ids.spansOfCall(call) });
const idsOf = (identity: string, call: Call) =>
  idsIn(identity === 'host' ? ofHost : createIds(identity), call);

test('the same call has the same ids; ids of the form that OpenTelemetry asks for', () => {
  const ids = idsOf('host', base);
  assert.deepEqual(ids, idsOf('host', aCall({ revision: 3 })));
  assert.match(ids.traceId, /^[0-9a-f]{32}$/);
  assert.match(ids.clientSpanId, /^[0-9a-f]{16}$/);
  assert.match(ids.serverSpanId, /^[0-9a-f]{16}$/);
});

test('ids do not change from release to release', () => {
  assert.deepEqual(idsOf('host', base), {
    traceId: '9be3c22606eb886157743fc5bc2d463b',
    clientSpanId: '3f1f05ec1fdd1a55',
    serverSpanId: 'c3d8c8fda65336f3',
  });
});

test('another host, caller, connection or stream: other ids', () => {
  const { caller } = base;
  const all = [
    idsOf('host', base),
    idsOf('another', base),
    idsOf('host', aCall({ stream: 7 })),
    idsOf('host', aCall({ connectionOrdinal: 2 })),
    idsOf('host', aCall({ caller: { ...caller, pid: 813 } })),
    idsOf('host', aCall({ caller: { ...caller, pidStart: 1n } })),
    // Ordinals of a caller that is not known begin again with every run of the agent.
    idsOf('host', aCall({ caller: { ...caller, pid: null } })),
    idsOf('host', aCall({ caller: { ...caller, pid: null }, start: 5n })),
  ].flatMap(({ traceId, clientSpanId, serverSpanId }) => [traceId, clientSpanId, serverSpanId]);
  assert.equal(new Set(all).size, all.length);
});

test('ids do not depend on what was asked before', () => {
  const calls = [base, aCall({ connectionOrdinal: 9 }), aCall({ stream: 99 }), base];
  for (const call of calls) assert.deepEqual(idsIn(ofHost, call), idsIn(createIds('host'), call));
});

test('a round has other ids than the call that it began with', () => {
  const { traceId, spanId } = ofHost.ofRound(base);
  assert.deepEqual(ofHost.ofRound(base), { traceId, spanId });
  assert.match(`${traceId} ${spanId}`, /^[0-9a-f]{32} [0-9a-f]{16}$/);
  const ofCall = idsOf('host', base);
  assert.notEqual(traceId, ofCall.traceId);
  assert.ok(spanId !== ofCall.clientSpanId && spanId !== ofCall.serverSpanId);
});

test('streams of few connections: no id comes twice, and each bit is set in half of them', () => {
  const { caller } = base;
  const unknown = { ...caller, pidStart: null };
  const named = [
    { caller },
    { caller: unknown, start: 1_795_475_761_709_273_866n },
    { caller: unknown, start: 1_795_475_761_709_273_867n },
  ];
  const ids: string[] = [];
  for (const name of named)
    for (let connectionOrdinal = 0; connectionOrdinal < 4; connectionOrdinal++)
      for (let stream = 1; stream < 2000; stream += 2) {
        const of = idsOf('host', aCall({ ...name, connectionOrdinal, stream }));
        ids.push(of.clientSpanId, of.serverSpanId, of.traceId.slice(0, 16), of.traceId.slice(16));
      }
  assert.equal(new Set(ids).size, ids.length);
  for (let digit = 0; digit < 16; digit++)
    for (const bit of [1, 2, 4, 8]) {
      const set = ids.filter((id) => (Number.parseInt(id.charAt(digit), 16) & bit) !== 0).length;
      assert.ok(Math.abs(set / ids.length - 0.5) < 0.01, `${digit}: ${set} of ${ids.length}`);
    }
});

test('a UUID of parts', () => {
  assert.match(uuidOf('a', 1, null), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(uuidOf('a', 'b'), uuidOf('ab'));
});
