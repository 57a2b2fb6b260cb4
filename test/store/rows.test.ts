import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createNames } from '../../src/store/names.ts';
import type { Row } from '../../src/store/row.ts';
import { createRows } from '../../src/store/rows.ts';

const hex = (digits: number) =>
  fc.bigInt({ min: 0n, max: 16n ** BigInt(digits) - 1n }).map((n) => n.toString(16).padStart(digits, '0'));

const rowArbitrary: fc.Arbitrary<Row> = fc.record(
  {
    kind: fc.constantFrom('call', 'operation', 'negotiation', 'symptom', 'part'),
    traceId: fc.oneof(hex(32), fc.constant('0000000000000001000000000000000a')),
    spanId: hex(16),
    start: fc.bigInt({ min: 0n, max: 2n ** 62n }),
    durationNs: fc.bigInt({ min: 0n, max: 2n ** 62n }),
    method: fc.string(),
    status: fc.constantFrom('', 'OK', 'NOT_FOUND'),
    pod: fc.string(),
    subject: fc.string(),
    caller: fc.constantFrom('kubelet', 'crictl', '__proto__'),
    failed: fc.boolean(),
  },
  { noNullPrototype: true },
);

it('a ring of columns holds what the last rows of a list would', () => {
  fc.assert(
    fc.property(
      fc.array(rowArbitrary, { maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      (all, capacity) => {
        const rows = createRows(capacity);
        all.forEach((row, line) => {
          rows.push(row, line);
        });
        const kept = all.slice(-capacity);
        assert.equal(rows.size, kept.length);
        assert.equal(rows.first, all.length - kept.length);
        assert.deepEqual(
          kept.map((_, nth) => rows.at(rows.first + nth)),
          kept,
        );
        for (const { traceId } of kept)
          assert.deepEqual(
            rows.ofTrace(traceId),
            kept.flatMap((row, nth) => (row.traceId === traceId ? [rows.first + nth] : [])),
          );
      },
    ),
  );
});

it('rows of lines that are gone go, and take their names with them', () => {
  const rows = createRows(100);
  const row = (pod: string): Row => ({
    kind: 'call',
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    start: 1n,
    durationNs: 1n,
    method: 'm',
    status: 'OK',
    pod,
    subject: '',
    caller: '',
    failed: false,
  });
  for (let n = 0; n < 60; n++) rows.push(row(`pod-${n}`), Math.floor(n / 10));
  assert.equal(
    rows.dropWhile((line) => line < 4),
    40,
  );
  assert.equal(rows.at(rows.first).pod, 'pod-40');
  assert.equal(rows.size, 20);
});

it('a name is free again when the last that holds it is gone', () => {
  const names = createNames();
  const first = names.take('a');
  assert.equal(names.take('a'), first);
  names.release(first);
  assert.equal(names.text(first), 'a');
  names.release(first);
  assert.equal(names.size, 0);
  assert.equal(names.take('b'), first);
  assert.equal(names.text(first), 'b');
});

it('10,000 pods that come and go leave only the names of those that are there', () => {
  const names = createNames();
  let before: number | null = null;
  for (let n = 0; n < 10_000; n++) {
    const id = names.take(`pod-${n}`);
    if (before !== null) names.release(before);
    before = id;
    assert.ok(id <= 1);
    assert.equal(names.size, 1);
  }
});
