import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainConnection } from '../../src/calls/explain-connection.ts';
import { aCall } from '../support/a-call.ts';

const about = { connection: 4, revision: 0, endpoint: '/run/c.sock', at: 5n, count: 1, detail: null };

test('what befell a connection says who, where, how much, and what to do', () => {
  const { caller } = aCall();
  const who = { ...about, caller: { ...caller, comm: 'kubelet-1.37.2' } };
  for (const [found, said] of [
    [
      { ...who, finding: 'refused' },
      /^kubelet could not reach the runtime at \/run\/c\.sock, once: .* See whether/,
    ],
    [{ ...who, finding: 'refused', count: 8 }, /8 times in a row/],
    [
      { ...who, finding: 'not_http2', detail: 'http1' },
      /of kubelet to \/run\/c\.sock speaks no HTTP\/2 \(http1\)/,
    ],
    [{ ...who, finding: 'joined' }, /older than this observation.* restart kubelet/],
    [{ ...who, finding: 'gap', count: 4711 }, /^4711 bytes of a connection of kubelet .*ring-size/],
    [{ ...who, caller: { ...caller, comm: null }, finding: 'joined' }, /of a program without a name/],
  ] as const)
    assert.match(explainConnection(found), said);
});
