import assert from 'node:assert/strict';
import test from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import { type CallIds, createCallName, idsOfCall, uuidOf } from '../../src/spans/ids.ts';
import { aCall } from '../support/a-call.ts';

const base = aCall();
const ofHost = createCallName('host');
const idsOf = (identity: string, call: Call): CallIds =>
  idsOfCall((identity === 'host' ? ofHost : createCallName(identity))(call));

test('the same call has the same ids; ids of the form that OpenTelemetry asks for', () => {
  const ids = idsOf('host', base);
  assert.deepEqual(ids, idsOf('host', aCall({ revision: 3 })));
  assert.match(ids.traceId, /^[0-9a-f]{32}$/);
  assert.match(ids.clientSpanId, /^[0-9a-f]{16}$/);
  assert.match(ids.serverSpanId, /^[0-9a-f]{16}$/);
});

test('ids do not change from release to release', () => {
  assert.deepEqual(idsOf('host', base), {
    traceId: '80764e276048a6f6c7a2f2bd3c935fe7',
    clientSpanId: 'd1625a073c942220',
    serverSpanId: '76e31a42bdc1ffd8',
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

test('a UUID of parts', () => {
  assert.match(uuidOf('a', 1, null), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(uuidOf('a', 'b'), uuidOf('ab'));
});
