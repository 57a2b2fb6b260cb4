import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createToldCalls } from '../../../src/calls/waits/told-calls.ts';
import { aCall } from '../../support/a-call.ts';

const told = fc.record({
  stream: fc.constantFrom(1, 3, 5),
  endpoint: fc.constantFrom('/one', '/other'),
  start: fc.option(fc.nat({ max: 40 })),
  took: fc.nat({ max: 20 }),
  /** From its end until it is told. */
  late: fc.nat({ max: 5 }),
  rests: fc.nat({ max: 10 }),
});

test('finds what a look at all of the last calls finds, each as it was told last', () => {
  const maxCalls = 20;
  const property = fc.property(
    fc.array(told, { maxLength: 20 }),
    fc.nat({ max: 120 }),
    fc.nat({ max: 60 }),
    (all, from, length) => {
      const calls = createToldCalls(maxCalls);
      let now = 0n;
      const last: ReturnType<typeof aCall>[] = [];
      for (const { stream, endpoint, start, took, late, rests } of all) {
        now += BigInt(rests + late);
        const end = now - BigInt(late);
        const call = aCall({
          stream,
          endpoint,
          start: start === null ? null : end - BigInt(Math.min(took, start)),
          end,
        });
        calls.add(call, now);
        const before = last.findIndex((one) => one.stream === stream);
        if (before >= 0) last.splice(before, 1);
        last.push(call);
      }
      const [begin, until] = [BigInt(from), BigInt(from + length)];
      const expected = last.filter(
        ({ endpoint, start, end }) =>
          endpoint === '/one' && start !== null && end !== null && start < until && end > begin,
      );
      assert.deepEqual(
        calls.during('/one', begin, until).map(({ call }) => call),
        expected,
      );
      for (const { stream } of all)
        assert.equal(
          calls.find(aCall().connection, stream),
          last.find((one) => one.stream === stream) ?? null,
        );
    },
  );
  fc.assert(property, { numRuns: 500 });
});

test('is bounded', () => {
  const calls = createToldCalls(4);
  for (let stream = 1; stream < 40; stream += 2)
    calls.add(aCall({ stream, start: 1n, end: BigInt(stream) }), BigInt(stream));
  assert.equal(calls.during(aCall().endpoint, 0n, 100n).length, 4);
  assert.equal(calls.find(aCall().connection, 1), null);
});
