import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { test } from 'node:test';
import { ownThreads, standBack } from '../src/priority.ts';

test('every thread that is named stands back, and none comes forward', () => {
  const threads = ownThreads();
  assert.deepEqual([...threads].sort(), readdirSync('/proc/self/task').map(Number).sort());
  const [first = 0, ...others] = threads;
  assert.ok(others.length > 0);
  const before = others.map((thread) => getPriority(thread));
  setPriority(first, 9);
  standBack([first, 2 ** 31 - 1], 7);
  assert.equal(getPriority(first), 9);
  assert.deepEqual(
    others.map((thread) => getPriority(thread)),
    before,
  );
  standBack(threads, 8);
  assert.equal(getPriority(first), 9);
  for (const thread of others) assert.ok(getPriority(thread) >= 8);
});
