import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeHuffman, maxDecodedLength } from '../../../src/http2/hpack/huffman.ts';
import { huffmanCodes } from '../../../src/http2/hpack/huffman-code.ts';
import { fillHuffman } from '../../../src/record/redact/huffman-filler.ts';

const codeOf = new Map(huffmanCodes().map((code) => [code.symbol, code]));

const encode = (text: string): Uint8Array => {
  let bits = '';
  for (const octet of Buffer.from(text, 'latin1')) {
    const code = codeOf.get(octet);
    assert.ok(code);
    bits += code.code.toString(2).padStart(code.length, '0');
  }
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));
};

const decode = (bytes: Uint8Array): string => {
  const target = Buffer.alloc(maxDecodedLength(bytes.length));
  const length = decodeHuffman(bytes, 0, bytes.length, target);
  assert.ok(length >= 0, 'the filler is valid Huffman coding');
  return target.toString('latin1', 0, length);
};

for (const [name, text] of [
  ['a token', 'Bearer abcdefghijklmnop'],
  ['the shortest codes only', 'aceiost012aceiost'],
  ['the longest codes', '\u0001\u0016\u00f9'],
  ['one character', 'Z'],
] as const) {
  test(`${name}: another text, as long coded and decoded`, () => {
    const coded = encode(text);
    assert.equal(decode(coded), text);
    assert.equal(fillHuffman(coded, text.length), true);
    assert.equal(decode(coded).length, text.length);
  });
}

test('any text has a filler', () => {
  const octets = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet)),
  });
  fc.assert(
    fc.property(octets, (text) => {
      const coded = encode(text);
      assert.equal(fillHuffman(coded, text.length), true);
      assert.equal(decode(coded).length, text.length);
    }),
  );
});

test('the filler does not depend on the text, only on its lengths', () => {
  const [one, other] = [encode('password'), encode('passwort')];
  assert.equal(one.length, other.length);
  fillHuffman(one, 8);
  fillHuffman(other, 8);
  assert.deepEqual(one, other);
});

test('lengths that no text has are refused, and nothing is written', () => {
  const coded = Uint8Array.of(1, 2);
  assert.equal(fillHuffman(coded, 9), false);
  assert.deepEqual(coded, Uint8Array.of(1, 2));
});
