import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { createInflater } from '../../src/cri/gzip.ts';
import { type CriLimits, createCriCounters, defaultCriLimits } from '../../src/cri/limits.ts';
import { cut } from './arbitrary-message.ts';

const message = Buffer.from('what a message holds');

const inflate = (bytes: Uint8Array, changes: Partial<CriLimits> = {}) => {
  const counters = createCriCounters();
  const inflater = createInflater({ ...defaultCriLimits, ...changes }, counters);
  for (const piece of cut(bytes, [3, 9, 20])) {
    const copy = Uint8Array.from(piece);
    inflater.push(copy);
    copy.fill(0xff);
  }
  return { inflated: inflater.end(), counters };
};

describe('a compressed message', () => {
  it('is unfolded from its pieces', () => {
    const { inflated } = inflate(gzipSync(message));
    assert.equal(inflated.kind, 'inflated');
    assert.deepEqual(Buffer.from(inflated.bytes), message);
  });

  const cases: readonly [string, Uint8Array, Partial<CriLimits>, string][] = [
    ['cut short', gzipSync(message).subarray(0, -4), {}, 'compression'],
    ['compressed otherwise', deflateSync(message), {}, 'compression'],
    ['not compressed at all', message, {}, 'compression'],
    ['empty', new Uint8Array(), {}, 'compression'],
    [
      'over the bound when compressed',
      gzipSync(randomBytes(4000)),
      { maxCompressedBytes: 1000 },
      'over_bound',
    ],
    [
      'over the bound when unfolded',
      gzipSync(Buffer.alloc(1 << 20)),
      { maxInflatedBytes: 1000 },
      'over_bound',
    ],
  ];
  for (const [name, bytes, limits, reason] of cases) {
    it(`${name}: broken, and says why`, () => {
      const { inflated, counters } = inflate(bytes, limits);
      assert.deepEqual(inflated, { kind: 'broken', reason });
      assert.equal(counters.overInflated, reason === 'over_bound' ? 1 : 0);
    });
  }
});
