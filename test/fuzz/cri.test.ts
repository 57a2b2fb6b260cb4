import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createCriCalls } from '../../src/cri/call.ts';
import { createCriCounters, defaultCriLimits } from '../../src/cri/limits.ts';
import { criMethods } from '../../src/cri/methods.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import type { Direction } from '../../src/foundation/direction.ts';

const runs = Number(process.env.CRITRACE_FUZZ_RUNS ?? 2000);

const schema = loadSchema();
const paths = criMethods.map(({ service, rpc }) => `/runtime.v1.${service}/${rpc}`);

/** Bytes that look like protobuf more often than chance: fields with right sizes, and noise between them. */
const bytes: fc.Arbitrary<Uint8Array> = fc.letrec<{ message: Uint8Array }>((tie) => ({
  message: fc
    .array(
      fc.oneof(
        fc.uint8Array({ maxLength: 6 }),
        fc
          .tuple(
            fc.integer({ min: 1, max: 20 }),
            fc.oneof({ maxDepth: 5 }, fc.uint8Array({ maxLength: 30 }), tie('message')),
          )
          .map(([number, inner]) => Buffer.from([((number << 3) & 0x7f) | 2, inner.length & 0x7f, ...inner])),
        fc
          .tuple(fc.integer({ min: 1, max: 15 }), fc.nat({ max: 127 }))
          .map(([number, value]) => Uint8Array.of(number << 3, value)),
      ),
      { maxLength: 6 },
    )
    .map((parts) => Buffer.concat(parts)),
})).message;

const event = fc.oneof(
  fc.record({
    kind: fc.constant('message' as const),
    direction: fc.constantFrom<Direction>('request', 'response'),
    bytes,
    /** How the pieces lie: mostly as they should. */
    size: fc.integer({ min: 1, max: 64 }),
    slip: fc.oneof(
      { weight: 9, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -3, max: 3 }) },
    ),
    compressed: fc.oneof(
      { weight: 9, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
  }),
  fc.record({
    kind: fc.constant('broken' as const),
    direction: fc.constantFrom<Direction>('request', 'response'),
  }),
);

const limits = {
  ...defaultCriLimits,
  maxItems: 5,
  maxKeptMessages: 3,
  maxFullMessages: 3,
  maxItemBytes: 200,
};

it('messages of any bytes, in any pieces: nothing throws, everything stays within its bound', () => {
  const property = fc.property(
    fc.constantFrom(...paths),
    fc.boolean(),
    fc.array(event, { maxLength: 6 }),
    (path, full, events) => {
      const counters = createCriCounters();
      const call = createCriCalls({ full, schema, counters, limits })(path) ?? assert.fail(path);
      for (const one of events) {
        if (one.kind === 'broken') {
          call.broken(one.direction);
          continue;
        }
        for (let offset = 0; offset <= one.bytes.length; offset += one.size) {
          const piece = one.bytes.subarray(offset, offset + one.size);
          call.message(one.direction, {
            bytes: piece,
            offset: offset + one.slip,
            length: one.bytes.length,
            last: offset + one.size > one.bytes.length,
            compressed: one.compressed,
          });
        }
      }
      const reading = call.finish();
      assert.ok(reading.kept.response.length <= limits.maxKeptMessages);
      assert.ok((reading.full?.response.length ?? 0) <= limits.maxFullMessages + 1);
      assert.ok(counters.broken <= counters.messages);
      assert.deepEqual(call.finish(), reading);
      JSON.stringify(reading);
    },
  );
  fc.assert(property, { numRuns: runs });
});
