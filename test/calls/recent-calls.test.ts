import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecentCalls } from '../../src/calls/recent-calls.ts';

test('the calls that were added last are found, by connection and stream', () => {
  const recent = createRecentCalls<string>(3);
  assert.equal(recent.find(1, 1), undefined);
  for (const stream of [1, 3, 5, 7]) {
    recent.add(1, stream, `1/${stream}`);
    assert.equal(recent.find(1, stream), `1/${stream}`);
  }
  assert.equal(recent.find(1, 1), undefined, 'the oldest gave way');
  recent.add(2, 7, '2/7');
  assert.deepEqual(
    [recent.find(1, 3), recent.find(1, 5), recent.find(1, 7), recent.find(2, 7)],
    [undefined, '1/5', '1/7', '2/7'],
  );
});

test('what is known of a call is replaced where it stands', () => {
  const recent = createRecentCalls<string>(2);
  recent.add(1, 1, 'first');
  recent.add(1, 3, 'second');
  recent.replace(1, 1, 'first, revised');
  recent.replace(9, 9, 'not there');
  assert.equal(recent.find(1, 1), 'first, revised');
  assert.equal(recent.find(9, 9), undefined);
  recent.add(1, 5, 'third');
  assert.equal(recent.find(1, 1), undefined);
});
