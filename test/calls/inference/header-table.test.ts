import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHeaderTable } from '../../../src/calls/inference/header-table.ts';

/**
 * A connection whose first request made entries 0 to 5, or to 6 with the field for encodings: path, authority, content
 * type, user agent, te, [encodings], deadline. Numbers are those of an observer that came later.
 */
const joinedAfter = (insertions: number) => (entry: number) => entry - insertions;

test('which encodings a client accepts is told by a field that follows te in every request', () => {
  const at = joinedAfter(20);
  const recent = createHeaderTable();
  const old = createHeaderTable();
  const few = createHeaderTable();
  for (let request = 0; request < 20; request++) {
    recent.used(1, [9, 1, 2, 3, 4, 5, 8].map(at));
    old.used(1, [9, 1, 2, 3, 4, 7].map(at));
    if (request < 3) few.used(1, [9, 1, 2, 3, 4, 5, 8].map(at));
  }
  assert.deepEqual([recent.acceptsEncodings(), recent.acceptsNoEncodings()], [true, false]);
  assert.deepEqual([old.acceptsEncodings(), old.acceptsNoEncodings()], [false, true]);
  assert.deepEqual([few.acceptsEncodings(), few.acceptsNoEncodings()], [false, false]);
});

test('a first deadline that all requests share cannot be told from encodings', () => {
  const at = joinedAfter(20);
  const table = createHeaderTable();
  for (let request = 0; request < 20; request++) table.used(1, [9, 1, 2, 3, 4, 5].map(at));
  assert.deepEqual([table.acceptsEncodings(), table.acceptsNoEncodings()], [false, false]);
});

test('entries that are not used any more are counted, but for what every first request leaves', () => {
  const at = joinedAfter(20);
  const table = createHeaderTable();
  // 6 was the first deadline, 7 a question asked once, 8 the usual deadline, 10 Status, 11 and 14 lists.
  for (const path of [10, 11, 14]) table.used(1, [path, 1, 2, 3, 4, 5, 8].map(at));
  assert.equal(table.unused(at(10), at(14)), 2);
  assert.equal(table.unused(null, at(11)), 1);
  assert.equal(table.unused(at(10), at(12)), 0);
});

test('after a loss the table begins anew, and one made anew entry by entry tells nothing', () => {
  const at = joinedAfter(20);
  const table = createHeaderTable();
  table.used(1, [10, 1, 2, 3, 4, 5, 8].map(at));
  table.used(2, [14, 1, 2, 3, 4, 5, 8].map(at));
  assert.equal(table.unused(at(8), at(11)), 2);
  table.used(2, [14, 30, 2, 31, 4, 5, 8].map(at));
  assert.equal(table.unused(at(8), at(11)), null);
});
