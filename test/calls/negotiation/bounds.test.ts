import assert from 'node:assert/strict';
import test from 'node:test';
import {
  createNegotiationCounters,
  createNegotiations,
  defaultNegotiationLimits,
} from '../../../src/calls/negotiation/negotiations.ts';
import { aCall } from '../../support/a-call.ts';
import { crictl, kubelet } from './play.ts';

test('commands that came and went are forgotten, the longest gone first; a kubelet that is connected is not', () => {
  const counters = createNegotiationCounters();
  const negotiations = createNegotiations(counters, { ...defaultNegotiationLimits, maxGone: 2 });
  const facts = (connection: number, client: typeof kubelet) => {
    const { connectionOrdinal, endpoint, server } = aCall();
    return { connection, connectionOrdinal, endpoint, client, server };
  };
  const ask = (connection: number, client: typeof kubelet) =>
    negotiations.ended({ ...aCall(), connection, caller: { ...client, userAgent: null } });

  negotiations.opened(facts(1, kubelet), false);
  assert.equal(ask(1, kubelet).isProbe, true);
  for (let pid = 2; pid < 6; pid++) {
    const command = { ...crictl, pid };
    negotiations.opened(facts(pid, command), false);
    assert.equal(ask(pid, command).isProbe, true);
    negotiations.closed(facts(pid, command), 9n);
  }
  assert.equal(counters.processesForgotten, 2);
  assert.equal(ask(1, kubelet).isProbe, false);
  // One that comes back in time is known.
  negotiations.opened(facts(7, { ...crictl, pid: 5 }), false);
  assert.equal(ask(7, { ...crictl, pid: 5 }).isProbe, false);
  negotiations.opened(facts(8, { ...crictl, pid: 2 }), false);
  assert.equal(ask(8, { ...crictl, pid: 2 }).isProbe, true);
});
