import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBoundedMap } from '../../../src/calls/identity/bounded-map.ts';

test('holds what was set, but for what it said it forgot, and never more than its bound', () => {
  const step = fc.record({
    kind: fc.constantFrom('set', 'get again', 'delete'),
    name: fc.constantFrom(...'abcdefgh'),
    by: fc.nat({ max: 1 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, max) => {
      const sources = [{}, {}];
      const model = new Map<string, { readonly at: number; readonly by: object | undefined }>();
      const map = createBoundedMap<number>(max, (name) => assert.ok(model.delete(name), name));
      steps.forEach(({ kind, name, by: source }, at) => {
        const by = sources[source];
        if (kind === 'set') {
          const isNew = map.set(name, at, by);
          assert.equal(isNew, !model.has(name));
          model.set(name, { at, by });
        } else if (kind === 'delete') {
          map.delete(name);
          model.delete(name);
        } else if (by !== undefined) {
          const known = model.get(name);
          assert.equal(map.getAgain(name, by), known?.by === by ? known.at : undefined);
        }
        assert.ok(map.size <= max);
        assert.equal(map.size, model.size);
      });
      for (const name of 'abcdefgh') assert.equal(map.get(name), model.get(name)?.at);
      assert.deepEqual([...map.values()].sort(), [...model.values()].map(({ at }) => at).sort());
    }),
  );
});

test('what is set again outlives what is not', () => {
  const forgotten: string[] = [];
  const map = createBoundedMap<number>(3, (name) => forgotten.push(name));
  const list = {};
  for (const name of ['old', 'listed', 'other']) map.set(name, 1, list);
  for (const name of ['n1', 'n2', 'n3', 'n4']) {
    assert.equal(map.getAgain('listed', list), 1);
    map.set(name, 2);
  }
  assert.deepEqual(forgotten, ['old', 'other', 'n1', 'n2']);
});
