import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { backoffMs, defaultBackoff, retryInfoMs } from '../../src/export/retry.ts';

test('delays grow to a bound, and chance spreads them', () => {
  const delays = (random: number) =>
    [0, 1, 2, 5, 1_000].map((n) => backoffMs(n, defaultBackoff, () => random));
  assert.deepEqual(delays(1), [1_000, 2_000, 4_000, 30_000, 30_000]);
  assert.deepEqual(delays(0), [500, 1_000, 2_000, 15_000, 15_000]);
});

test('details that are no status give no delay, and never throw', () => {
  assert.equal(retryInfoMs(new Uint8Array()), null);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const delay = retryInfoMs(bytes);
      assert.ok(delay === null || delay >= 0);
    }),
  );
});
