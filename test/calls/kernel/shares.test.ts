import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { breakdownText } from '../../../src/calls/kernel/breakdown.ts';
import { percentsOf, type Stretch, sharesOf } from '../../../src/calls/kernel/shares.ts';

const stretch = (name: string, start: number, end: number, group = name): Stretch => ({
  group,
  name,
  start: BigInt(start),
  end: BigInt(end),
});

test('what overlaps belongs to what ends last', () => {
  const { shares, unexplainedNs } = sharesOf(0n, 100n, [
    stretch('loopback', 10, 30, 'CNI'),
    stretch('bridge', 20, 60, 'CNI'),
    stretch('fsync', 50, 70),
    stretch('inside', 25, 35),
    stretch('before', -50, 5),
    stretch('after', 95, 300),
  ]);
  assert.deepEqual(shares, [
    {
      name: 'CNI',
      ns: 40n,
      of: [
        { name: 'bridge', ns: 30n },
        { name: 'loopback', ns: 10n },
      ],
    },
    { name: 'fsync', ns: 20n, of: [] },
    { name: 'after', ns: 5n, of: [] },
    { name: 'before', ns: 5n, of: [] },
  ]);
  assert.equal(unexplainedNs, 30n);
});

const stretches = fc.array(
  fc
    .tuple(
      fc.constantFrom('a', 'b', 'c'),
      fc.integer({ min: -20, max: 120 }),
      fc.integer({ min: 0, max: 90 }),
    )
    .map(([name, start, length]) => stretch(name, start, start + length)),
  { maxLength: 30 },
);

test('shares and what is unexplained are the whole, and no more is explained than the union of what ran', () => {
  fc.assert(
    fc.property(stretches, fc.integer({ min: 0, max: 100 }), (given, length) => {
      const { shares, unexplainedNs } = sharesOf(0n, BigInt(length), given);
      const explained = shares.reduce((sum, { ns }) => sum + ns, 0n);
      assert.equal(explained + unexplainedNs, BigInt(length));
      let covered = 0;
      for (let at = 0; at < length; at++)
        if (given.some(({ start, end }) => start <= BigInt(at) && BigInt(at) < end)) covered += 1;
      assert.equal(explained, BigInt(covered));
    }),
  );
});

test('percents are whole and make 100', () => {
  assert.deepEqual(percentsOf([1n, 1n, 1n]), [34, 33, 33]);
  assert.deepEqual(percentsOf([0n, 0n]), [0, 0]);
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 12 }),
      (parts) => {
        const whole = parts.reduce((sum, part) => sum + part, 0n);
        const percents = percentsOf(parts);
        assert.equal(
          percents.reduce((sum, percent) => sum + percent, 0),
          whole === 0n ? 0 : 100,
        );
        for (const [at, percent] of percents.entries())
          assert.ok(whole === 0n || Math.abs(percent - (Number(parts[at]) / Number(whole)) * 100) < 1);
      },
    ),
  );
});

test('in words: the largest first, small ones together, what is almost nothing left out', () => {
  const share = (name: string, ns: number) => ({ name, ns: BigInt(ns) * 1_000_000n, of: [] });
  const cni = {
    ...share('CNI', 151),
    of: [
      { name: 'bridge', ns: 120_400_000n },
      { name: 'portmap', ns: 30_600_000n },
    ],
  };
  assert.equal(
    breakdownText([cni, share('runc create', 55), share('fsync meta.db', 22)], 20_000_000n),
    '61 % CNI (bridge 120 ms, portmap 31 ms), 22 % runc create, 9 % fsync meta.db, 8 % unexplained',
  );
  assert.equal(
    breakdownText(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => share(name, 10)),
      1000n,
    ),
    '15 % a, 14 % b, 14 % c, 14 % d, 14 % e, 29 % 2 more',
  );
  assert.equal(breakdownText([], 5n), '100 % unexplained');
  assert.equal(breakdownText([], 0n), '');
});
