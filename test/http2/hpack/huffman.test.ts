import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { badHuffman, decodeHuffman, maxDecodedLength } from '../../../src/http2/hpack/huffman.ts';
import { endOfString, huffmanCodes } from '../../../src/http2/hpack/huffman-code.ts';
import { hex } from '../wire.ts';

const codes = huffmanCodes();
const bitsOf = new Map(
  codes.map(({ symbol, code, length }) => [symbol, code.toString(2).padStart(length, '0')]),
);

const encode = (symbols: Iterable<number>, padding?: string): Uint8Array => {
  let bits = [...symbols].map((symbol) => bitsOf.get(symbol) ?? '').join('');
  bits += padding ?? '1'.repeat((8 - (bits.length % 8)) % 8);
  return Uint8Array.from({ length: bits.length / 8 }, (_, at) =>
    Number.parseInt(bits.slice(at * 8, at * 8 + 8), 2),
  );
};

const decode = (bytes: Uint8Array): string | null => {
  const target = Buffer.alloc(maxDecodedLength(bytes.length));
  const length = decodeHuffman(bytes, 0, bytes.length, target);
  return length === badHuffman ? null : target.toString('latin1', 0, length);
};

test('the code is complete: every sequence of bits means something', () => {
  assert.equal(codes.length, 257);
  assert.equal(
    codes.reduce((sum, { length }) => sum + 2 ** -length, 0),
    1,
  );
});

// RFC 7541 appendix B, from each length one row or more.
for (const [symbol, code, length] of [
  [0x30, 0x0, 5],
  [0x74, 0x9, 5],
  [0x20, 0x14, 6],
  [0x75, 0x2d, 6],
  [0x3a, 0x5c, 7],
  [0x26, 0xf8, 8],
  [0x21, 0x3f8, 10],
  [0x27, 0x7fa, 11],
  [0x23, 0xffa, 12],
  [0x00, 0x1ff8, 13],
  [0x5e, 0x3ffc, 14],
  [0x3c, 0x7ffc, 15],
  [0x5c, 0x7fff0, 19],
  [0x80, 0xfffe6, 20],
  [0x99, 0x1fffdc, 21],
  [0x81, 0x3fffd2, 22],
  [0x01, 0x7fffd8, 23],
  [0x09, 0xffffea, 24],
  [0xc7, 0x1ffffec, 25],
  [0xc0, 0x3ffffe0, 26],
  [0xcb, 0x7ffffde, 27],
  [0x02, 0xfffffe2, 28],
  [0xf9, 0xffffffe, 28],
  [0x0a, 0x3ffffffc, 30],
  [endOfString, 0x3fffffff, 30],
] as const) {
  test(`code of symbol ${symbol}`, () => {
    assert.deepEqual(
      codes.find((code) => code.symbol === symbol),
      { symbol, code, length },
    );
  });
}

test('what is encoded comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (symbols) => {
      assert.equal(decode(encode(symbols)), Buffer.from(symbols).toString('latin1'));
    }),
  );
});

for (const [what, bytes, expected] of [
  ['nothing', hex(''), ''],
  ['RFC 7541 C.4.1', hex('f1e3c2e5f23a6ba0ab90f4ff'), 'www.example.com'],
  ['three bits of padding', encode([0x61], '111'), 'a'],
  ['seven bits of padding', encode([0x5c, 0x20], '1111111'), '\\ '],
  ['padding with a zero', encode([0x61], '110'), null],
  ['padding of zeros', encode([0x61], '000'), null],
  ['padding of a whole octet', encode([0x61], '11111111111'), null],
  ['an octet of padding only', hex('ff'), null],
  ['EOS', encode([endOfString], '11'), null],
  ['EOS between symbols', encode([0x61, endOfString, 0x61, 0x61, 0x61]), null],
  ['a code cut short', hex('fe'), null],
] as const) {
  test(`Huffman: ${what}`, () => assert.equal(decode(bytes), expected));
}
