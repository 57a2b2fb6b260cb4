import assert from 'node:assert/strict';
import test from 'node:test';
import { murmur } from '../../src/spans/murmur.ts';

test('with a seed that is repeated it is MurmurHash3: what mmh3 5.3 gives for the same octets', () => {
  for (const [seed, expected] of [
    [0, 'ee8fa3f8794bc1f04490a47157f1a736'],
    [42, 'd9cab7b55b8d8426bf654b0b28761934'],
    [0x9747b28c, '400da435692f41df45ed18f68508c003'],
  ] as const) {
    const out = Buffer.alloc(16);
    const words = new DataView(out.buffer, out.byteOffset, out.length);
    murmur([seed, seed, seed, seed], 1, 0x12345678, 0x9abcdef0, 0xffffffff, words, 0);
    assert.equal(out.toString('hex'), expected);
  }
});
