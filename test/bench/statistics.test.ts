import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { judge } from '../../bench/aim.ts';
import { createRandom, estimate, median, quantile, ratios } from '../../bench/statistics.ts';

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 });

describe('quantiles', () => {
  for (const [name, list, at, expected] of [
    ['the middle one', [3, 1, 2], 0.5, 2],
    ['between the two middle ones', [4, 1, 3, 2], 0.5, 2.5],
    ['the least', [3, 1, 2], 0, 1],
    ['the greatest', [3, 1, 2], 1, 3],
    ['a quarter of the way', [0, 10, 20, 30, 40], 0.25, 10],
    ['of one value', [7], 0.99, 7],
    ['of nothing', [], 0.5, Number.NaN],
  ] as const) {
    it(name, () => assert.equal(quantile(list, at), expected));
  }

  it('do not change the list', () => {
    const list = [3, 1, 2];
    median(list);
    assert.deepEqual(list, [3, 1, 2]);
  });
});

describe('the bootstrap', () => {
  it('gives the same interval for the same values and seed, another for another seed', () => {
    const random = createRandom(5);
    const rounds = Array.from({ length: 20 }, () => random());
    assert.deepEqual(estimate(rounds), estimate(rounds));
    assert.notDeepEqual(
      estimate(rounds, { resamples: 99, seed: 1 }),
      estimate(rounds, { resamples: 99, seed: 2 }),
    );
  });

  it('has the median inside its interval, and the interval inside the values', () => {
    fc.assert(
      fc.property(values, (list) => {
        const { median: middle, low, high } = estimate(list, { resamples: 200 });
        assert.ok(Math.min(...list) <= low && low <= high && high <= Math.max(...list));
        assert.equal(middle, median(list));
      }),
      { numRuns: 50 },
    );
  });

  it('covers the true median about 95 times in 100', () => {
    const random = createRandom(7);
    let covered = 0;
    for (let trial = 0; trial < 400; trial++) {
      const { low, high } = estimate(
        Array.from({ length: 15 }, () => random()),
        { resamples: 300, seed: trial },
      );
      if (low <= 0.5 && 0.5 <= high) covered += 1;
    }
    assert.ok(covered >= 360 && covered <= 396, `${covered} of 400`);
  });
});

describe('the random numbers', () => {
  it('are in [0, 1) and evenly spread', () => {
    const random = createRandom(3);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const number = random();
      assert.ok(number >= 0 && number < 1);
      counts[Math.floor(number * 10)] = (counts[Math.floor(number * 10)] ?? 0) + 1;
    }
    for (const count of counts) assert.ok(count > 850 && count < 1150, String(counts));
  });
});

it('ratios are round by round', () => {
  assert.deepEqual(ratios([10, 30], [2, 3]), [5, 10]);
});

describe('an aim', () => {
  for (const [says, low, high, is, value, verdict] of [
    ['all above', 51, 55, 'at least', 50, 'met'],
    ['just reached', 50, 55, 'at least', 50, 'met'],
    ['all below', 40, 49, 'at least', 50, 'missed'],
    ['on both sides', 49, 51, 'at least', 50, 'not to be told from noise'],
    ['all below its bound', 40, 44, 'at most', 90, 'met'],
    ['all above its bound', 91, 95, 'at most', 90, 'missed'],
    ['on both sides of its bound', 89, 91, 'at most', 90, 'not to be told from noise'],
    ['nothing measured', Number.NaN, Number.NaN, 'at most', 90, 'not to be told from noise'],
  ] as const) {
    it(`${says}: ${verdict}`, () =>
      assert.equal(judge({ median: (low + high) / 2, low, high }, { is, value }), verdict));
  }
});
