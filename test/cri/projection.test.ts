import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import type { MessageResult } from '../../src/cri/kept.ts';
import { createCriCounters, defaultCriLimits } from '../../src/cri/limits.ts';
import { createMessageReader } from '../../src/cri/message-reader.ts';
import type { Projection } from '../../src/cri/projection.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { identityLabels, shapes } from '../../src/cri/shapes.ts';
import { keptText, textRule } from '../../src/cri/text.ts';
import { arbitraryMessage, cut, encode, type Plain } from './arbitrary-message.ts';

const schema = loadSchema();

const read = (
  projection: Projection,
  pieces: readonly Uint8Array[],
  limits = defaultCriLimits,
): MessageResult => {
  const reader = createMessageReader(projection, limits, createCriCounters());
  for (const piece of pieces) {
    // The reader must not look at a piece after push returns.
    const copy = Uint8Array.from(piece);
    reader.push(copy);
    copy.fill(0xff);
  }
  return reader.end();
};

/** What must be kept, by the slow way: the whole message decoded, then restricted. */
const restrict = (type: protobuf.Type, message: Plain, kept: readonly string[]): Plain => {
  const out: Plain = {};
  for (const name of kept) {
    const field = type.fields[name] ?? assert.fail(`${type.name}.${name}`);
    const value = message[name];
    if (value === undefined) continue;
    const one = (element: unknown): unknown => {
      if (field.resolvedType instanceof protobuf.Type) {
        return restrict(
          field.resolvedType,
          element as Plain,
          shapes[field.resolvedType.name]?.split(' ') ?? [],
        );
      }
      if (field.type === 'string') return keptText(String(element), textRule(field));
      if (field.type.endsWith('64')) {
        const number = Number(element);
        return Number.isSafeInteger(number) ? number : element;
      }
      return element;
    };
    if (field instanceof protobuf.MapField) {
      const labels = Object.entries(value as Plain);
      out[name] = Object.fromEntries(labels.filter(([key]) => identityLabels.some((known) => known === key)));
    } else out[name] = Array.isArray(value) ? value.map(one) : one(value);
  }
  return out;
};

/** Fields that are there only as proto3's zero are not on the wire, so not in either form. */
const slowly = (type: protobuf.Type, bytes: Uint8Array, kept: readonly string[]): Plain =>
  restrict(type, type.toObject(type.decode(bytes), { longs: String, enums: String }), kept);

const sides = [...schema.methods.values()].flatMap((compiled) => [
  { name: `${compiled.method.rpc} request`, projection: compiled.request, kept: compiled.method.request },
  { name: `${compiled.method.rpc} response`, projection: compiled.response, kept: compiled.method.response },
]);

describe('a projection equals the full decode, restricted to what is kept, however the bytes are cut', () => {
  for (const { name, projection, kept } of sides) {
    it(name, () => {
      const property = fc.property(
        arbitraryMessage(projection.type),
        fc.array(fc.nat({ max: 5000 }), { maxLength: 8 }),
        (message, places) => {
          const bytes = encode(projection.type, message);
          const expected = slowly(projection.type, bytes, kept);
          const whole = read(projection, [bytes]);
          assert.equal(whole.kind, 'read');
          assert.deepEqual(whole.kept, expected);
          assert.equal(whole.unknownFields, 0);
          assert.deepEqual(read(projection, cut(bytes, places)), whole);
          assert.deepEqual(
            read(
              projection,
              Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
            ),
            whole,
          );
        },
      );
      fc.assert(property, { numRuns: 20 });
    });
  }
});
