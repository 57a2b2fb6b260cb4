import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createWrites } from '../../../src/source/tap/writes.ts';

const writesOf = (followed: boolean, max = 100) => {
  const dropped = { count: 0 };
  const writes = createWrites(followed, max, () => {
    dropped.count += 1;
  });
  return { ...writes, dropped };
};

test('a byte was written when its write returned, or when it was read, whichever came first', () => {
  const { returned, of } = writesOf(true);
  returned(0n, 10, 50n);
  returned(10n, 10, 90n);
  assert.equal(of(0n, 60n), 50n);
  assert.equal(of(9n, 70n), 50n);
  assert.equal(of(10n, 80n), 80n, 'read before the write returned');
  assert.equal(of(20n, 100n), 100n, 'its write has not returned yet');
});

test('where writes are not followed nothing is said, until one is told', () => {
  const { returned, of } = writesOf(false);
  assert.equal(of(0n, 5n), null);
  returned(100n, 10, 7n);
  assert.equal(of(50n, 8n), 8n);
  assert.equal(of(100n, 9n), 7n);
});

test('of writes that nobody reads only so many are kept', () => {
  const { returned, of, dropped } = writesOf(true, 2);
  for (const at of [0n, 1n, 2n]) returned(at, 1, at + 10n);
  assert.equal(dropped.count, 1);
  assert.equal(of(0n, 99n), 99n, 'forgotten: the read is the bound');
  assert.equal(of(1n, 99n), 11n);
  assert.equal(of(2n, 99n), 12n);
});

test('however writes and reads are cut, no byte is said to be written after it was read, nor before its write began', () => {
  const step = fc.record({ length: fc.integer({ min: 1, max: 50 }), read: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const { returned, of } = writesOf(true);
      /** When the write of each byte returned. */
      const truth: bigint[] = [];
      let [now, readTo] = [0n, 0];
      for (const { length, read } of steps) {
        now += 10n;
        if (!read) {
          returned(BigInt(truth.length), length, now);
          for (let at = 0; at < length; at++) truth.push(now);
          continue;
        }
        const to = Math.min(truth.length, readTo + length);
        if (to > readTo) assert.equal(of(BigInt(readTo), now), truth[readTo]);
        readTo = to;
      }
    }),
    { numRuns: 300 },
  );
});
