import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHpackDecoder } from '../../../src/http2/hpack/decoder.ts';
import { createHttp2Counters, defaultHttp2Limits } from '../../../src/http2/limits.ts';
import { concat, fieldText, indexed, literal, sizeUpdate } from '../wire.ts';

const createDecoder = () => {
  const counters = createHttp2Counters();
  const decoder = createHpackDecoder({
    limits: defaultHttp2Limits,
    counters,
    fromStart: true,
    nextEpoch: () => 0,
  });
  return {
    counters,
    fieldsOf(block: Uint8Array) {
      const { fields, complete } = decoder.decode(block, 0, block.length);
      return { fields, texts: fields.map(fieldText), complete };
    },
  };
};

test('octets that come again mean the same fields, until the table changes', () => {
  const { fieldsOf, counters } = createDecoder();
  fieldsOf(literal('grpc-status', '0'));
  const trailers = indexed(62);
  const first = fieldsOf(trailers);
  assert.deepEqual(first.texts, ['grpc-status: 0']);
  assert.equal(fieldsOf(trailers).fields, first.fields, 'decoded once');
  fieldsOf(literal('grpc-status', '5'));
  assert.deepEqual(fieldsOf(trailers).texts, ['grpc-status: 5']);
  fieldsOf(sizeUpdate(0));
  assert.equal(fieldsOf(trailers).complete, false);
  assert.equal(counters.headerBlocks, 7);
});

test('blocks in any order, each given twice, are decoded as by a decoder that is given them all as one', () => {
  const representation = fc.oneof(
    fc.constantFrom(2, 8, 62, 63, 64).map((index) => indexed(index)),
    fc.constantFrom('a', 'b', 'c').map((value) => literal('x', value)),
  );
  // Entries that every block may refer to.
  const seed = concat(literal('k', '1'), literal('k', '2'), literal('k', '3'));
  fc.assert(
    fc.property(
      fc.array(fc.array(representation, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
      (blocks) => {
        const apart = createDecoder();
        const texts = apart.fieldsOf(seed).texts;
        const all = [seed];
        for (const block of blocks.map((parts) => concat(...parts)).flatMap((one) => [one, one])) {
          texts.push(...apart.fieldsOf(block).texts);
          all.push(block);
        }
        assert.deepEqual(texts, createDecoder().fieldsOf(concat(...all)).texts);
      },
    ),
  );
});
