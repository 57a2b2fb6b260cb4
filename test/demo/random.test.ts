import assert from 'node:assert/strict';
import test from 'node:test';
import { seededRandom } from '../../src/demo/random.ts';

test('the same seed gives the same values, another seed others', () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return [random.hex(64), random.uuid(), random.next()];
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});

test('values have the promised form', () => {
  const random = seededRandom(1);
  assert.match(random.hex(64), /^[0-9a-f]{64}$/);
  assert.match(random.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  const values = Array.from({ length: 10_000 }, () => random.next());
  assert.ok(values.every((value) => value >= 0 && value < 1));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(mean > 0.48 && mean < 0.52, `mean ${mean}`);
});
