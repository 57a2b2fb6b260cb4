import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createOpenTable } from '../../src/foundation/open-table.ts';

test('holds what a map holds, in the same order', () => {
  const key = fc.oneof(fc.nat({ max: 5 }), fc.constantFrom(2 ** 31, 3 * 2 ** 31 + 1));
  const step = fc.record({ kind: fc.constantFrom('set', 'delete'), key });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const table = createOpenTable<{ readonly at: number }>();
      const map = new Map<number, { readonly at: number }>();
      steps.forEach(({ kind, key: number }, at) => {
        if (kind === 'delete') assert.equal(table.delete(number), map.delete(number));
        else {
          const value = { at };
          table.set(number, value);
          map.set(number, value);
        }
        assert.equal(table.size, map.size);
        assert.deepEqual([...table.keys()], [...map.keys()]);
        assert.deepEqual([...table.values()], [...map.values()]);
        assert.equal(table.get(number), map.get(number));
      });
    }),
  );
});
