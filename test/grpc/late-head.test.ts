import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, begin, ok, open, reply, watch } from './builders.ts';

test('headers found after the response had begun still name the call', () => {
  const watched = watch({ joined: true });
  watched.feed(begin, reply, open, ask, ok);
  assert.deepEqual(watched.kinds(1), ['call_start', 'message', 'call_head', 'message', 'call_end']);
  assert.deepEqual(watched.result(1).request, { messages: 1, bytes: 3 });
  assert.equal(watched.result(1).lostBytes, null);
  assert.equal(watched.counters.headsLate, 1);
});

test('headers found after the end revise the call', () => {
  const watched = watch({ joined: true });
  watched.feed(begin, reply, ok, open, ask);
  assert.deepEqual(watched.kinds(1), [
    'call_start',
    'message',
    'call_end',
    'call_head',
    'call_revised',
    'message',
    'call_revised',
  ]);
  assert.deepEqual(watched.result(1).request, { messages: 1, bytes: 3 });
});
