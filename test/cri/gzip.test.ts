import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { createGzipReader } from '../../src/cri/gzip.ts';
import { type CriLimits, createCriCounters, defaultCriLimits } from '../../src/cri/limits.ts';
import { createMessageReader } from '../../src/cri/message-reader.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { cut, encode } from './arbitrary-message.ts';

const schema = loadSchema();
const projection =
  [...schema.methods.values()].find(({ method }) => method.rpc === 'Version')?.response ?? assert.fail();
const message = encode(projection.type, { runtime_name: 'containerd', runtime_version: '1.7.24' });

const read = (bytes: Uint8Array, changes: Partial<CriLimits> = {}) => {
  const limits = { ...defaultCriLimits, ...changes };
  const counters = createCriCounters();
  const reader = createGzipReader(createMessageReader(projection, limits, counters), limits, counters);
  for (const piece of cut(bytes, [3, 9, 20])) reader.push(piece);
  return { result: reader.end(), counters };
};

describe('a gzip message', () => {
  it('is read as what is in it', () => {
    const { result } = read(gzipSync(message));
    assert.equal(result.kind, 'read');
    assert.deepEqual(result.kept, { runtime_name: 'containerd', runtime_version: '1.7.24' });
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
    ['with something else in it', gzipSync(Buffer.from([0x0b])), {}, 'malformed'],
  ];
  for (const [name, bytes, limits, reason] of cases) {
    it(`${name}: broken`, () => {
      const { result, counters } = read(bytes, limits);
      assert.equal(result.kind, 'broken');
      assert.equal(result.reason, reason);
      assert.equal(counters.overInflated, reason === 'over_bound' ? 1 : 0);
    });
  }
});
