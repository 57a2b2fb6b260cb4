import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createIdTable } from '../../../src/calls/identity/id-table.ts';

const aTable = (maxEntries = 100) => {
  const forgotten = { count: 0 };
  const table = createIdTable<number>({
    maxEntries,
    minPrefix: 2,
    removalGrace: 10n,
    onForgotten: () => {
      forgotten.count += 1;
    },
  });
  return { table, forgotten };
};

const id = fc.string({ minLength: 3, maxLength: 5, unit: fc.constantFrom('a', 'b', '0') });

test('finds by an id, or by the beginning of one, what a plain search finds', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('set' as const), id }),
    fc.record({ do: fc.constant('remove' as const), id }),
    fc.record({ do: fc.constant('expire' as const), id }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.array(id), (steps, searches) => {
      const { table } = aTable();
      const live = new Map<string, number>();
      const due = new Map<string, bigint>();
      steps.forEach((one, at) => {
        const now = BigInt(at);
        if (one.do === 'set') {
          table.set(one.id, at);
          live.set(one.id, at);
        } else if (one.do === 'remove') {
          table.remove(one.id, now);
          if (live.has(one.id) && !due.has(one.id)) due.set(one.id, now + 10n);
        } else {
          const gone = [...due].filter(([, then]) => then <= now).map(([name]) => name);
          assert.deepEqual([...table.expire(now)].sort(), gone.sort());
          for (const name of gone) {
            live.delete(name);
            due.delete(name);
          }
        }
      });
      assert.equal(table.size, live.size);
      for (const search of [...searches, ...searches.map((text) => text.slice(0, 2))]) {
        const found = table.find(search);
        const exact = live.get(search);
        const all = [...live.keys()].filter((name) => name.startsWith(search));
        const there = all.filter((name) => !due.has(name));
        const one = there.length > 0 ? there : all;
        if (exact !== undefined) assert.deepEqual(found, { id: search, entry: exact });
        else if (one.length === 0) assert.equal(found, undefined);
        else if (one.length === 1) assert.deepEqual(found, { id: one[0], entry: live.get(one[0] ?? '') });
        else assert.equal(found, 'ambiguous');
      }
    }),
  );
});

test('the bound drops what was not set for longest, and counts it', () => {
  const { table, forgotten } = aTable(3);
  for (const [at, name] of ['aaa', 'bbb', 'ccc', 'aaa', 'ddd', 'eee'].entries()) table.set(name, at);
  assert.deepEqual([...table.values()], [3, 4, 5]);
  assert.equal(forgotten.count, 2);
  assert.equal(table.find('bb'), undefined);
  assert.deepEqual(table.find('aa'), { id: 'aaa', entry: 3 });
});

test('one letter is the beginning of too much', () => {
  const { table } = aTable();
  table.set('abc', 1);
  assert.equal(table.find('a'), undefined);
});
