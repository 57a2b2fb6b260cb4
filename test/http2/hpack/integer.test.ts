import assert from 'node:assert/strict';
import { test } from 'node:test';
import { badInteger, readInteger } from '../../../src/http2/hpack/integer.ts';
import { hex } from '../wire.ts';

const cases: readonly (readonly [what: string, bytes: string, prefixBits: number, value: number])[] = [
  ['C.1.1: 10 in 5 bits', 'ea', 5, 10],
  ['C.1.2: 1337 in 5 bits', 'ff9a0a', 5, 1337],
  ['C.1.3: 42 at an octet boundary', '2a', 8, 42],
  ['the prefix just full', '1f00', 5, 31],
  ['zeros that lead nowhere, within the bound', '1f80808000', 5, 31],
  ['28 bits after the prefix', '1fffffff7f', 5, 31 + 2 ** 28 - 1],
  ['nothing there', '', 5, badInteger],
  ['cut after the prefix', '1f', 5, badInteger],
  ['cut in a continuation', '1f9a', 5, badInteger],
  ['a fifth octet', '1f8080808000', 5, badInteger],
  ['64 bits', '1fffffffffffffffff7f', 5, badInteger],
];

for (const [what, bytes, prefixBits, value] of cases) {
  test(`integer: ${what}`, () => {
    const cursor = { bytes: hex(bytes), at: 0, end: bytes.length / 2 };
    assert.equal(readInteger(cursor, 2 ** prefixBits - 1), value);
    if (value !== badInteger) assert.equal(cursor.at, cursor.end);
  });
}

test('an integer does not reach past the end of its block', () => {
  assert.equal(readInteger({ bytes: hex('1f0a'), at: 0, end: 1 }, 31), badInteger);
});
