import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import type { MessageResult } from '../../src/cri/kept.ts';
import {
  type CriCounters,
  type CriLimits,
  createCriCounters,
  defaultCriLimits,
} from '../../src/cri/limits.ts';
import { createMessageReader } from '../../src/cri/message-reader.ts';
import type { Projection } from '../../src/cri/projection.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { arbitraryMessage, cut, encode } from './arbitrary-message.ts';

const schema = loadSchema();

const side = (rpc: string, which: 'request' | 'response'): Projection => {
  for (const compiled of schema.methods.values()) if (compiled.method.rpc === rpc) return compiled[which];
  return assert.fail(rpc);
};

interface Options {
  readonly limits?: Partial<CriLimits>;
  readonly counters?: CriCounters;
  readonly pieces?: readonly number[];
}

const read = (projection: Projection, bytes: Uint8Array, options: Options = {}): MessageResult => {
  const limits = { ...defaultCriLimits, ...options.limits };
  const reader = createMessageReader(projection, limits, options.counters ?? createCriCounters());
  for (const piece of cut(bytes, options.pieces ?? [])) reader.push(piece);
  return reader.end();
};

const bytesOf = (write: (writer: protobuf.Writer) => protobuf.Writer): Uint8Array =>
  write(protobuf.Writer.create()).finish();

const version = side('Version', 'response');

describe('a message that is not of this schema', () => {
  const good = bytesOf((w) => w.uint32(0x12).string('containerd'));
  const cases: readonly [name: string, tail: readonly number[], reason: string][] = [
    ['ends inside a tag', [0x8a], 'truncated'],
    ['ends inside a size', [0x1a, 0x80], 'truncated'],
    ['ends inside a kept field', [0x1a, 5, 0x61], 'truncated'],
    ['ends inside a skipped field', [0x7a, 5, 0x61], 'truncated'],
    ['ends before a fixed32 is complete', [0x7d, 1, 2, 3], 'truncated'],
    ['ends before a fixed64 is complete', [0x79, 1, 2, 3, 4, 5, 6, 7], 'truncated'],
    ['has field number 0', [0x02, 0], 'malformed'],
    ['has a group', [0x0b], 'malformed'],
    ['has an end of a group', [0x0c], 'malformed'],
    ['has wire type 7', [0x0f], 'malformed'],
    ['has a tag that never ends', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 'malformed'],
    ['has a varint that never ends', [0x78, ...Array(11).fill(0x80)], 'malformed'],
    ['has a size beyond 2 GiB', [0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f], 'malformed'],
  ];
  for (const [name, tail, reason] of cases) {
    it(`${name}: broken, with what was read before`, () => {
      const bytes = Uint8Array.from([...good, ...tail]);
      for (const pieces of [[], Array.from(bytes, (_, i) => i)]) {
        const result = read(version, bytes, { pieces });
        assert.equal(result.kind, 'broken');
        assert.equal(result.reason, reason);
        assert.deepEqual(result.kept, { runtime_name: 'containerd' });
      }
    });
  }

  it('keeps what a nested message had before it went wrong', () => {
    // status { id, metadata { name, <group> } }
    const metadata = bytesOf((w) => w.uint32(0x0a).string('nginx').uint32(0x0b));
    const status = bytesOf((w) => w.uint32(0x0a).string('c1').uint32(0x12).bytes(metadata));
    const bytes = bytesOf((w) => w.uint32(0x0a).bytes(status));
    const result = read(side('ContainerStatus', 'response'), bytes);
    assert.equal(result.kind, 'broken');
    assert.deepEqual(result.kept, { status: { id: 'c1', metadata: { name: 'nginx' } } });
  });

  it('does not read past the end of a nested message', () => {
    // The name claims 40 bytes in a metadata of 3; the next field would lend them.
    const status = bytesOf((w) =>
      w
        .uint32(0x12)
        .bytes(Uint8Array.of(0x0a, 40, 0x61))
        .uint32(0x52)
        .string('SECRET'.repeat(10)),
    );
    const result = read(
      side('ContainerStatus', 'response'),
      bytesOf((w) => w.uint32(0x0a).bytes(status)),
    );
    assert.equal(result.kind, 'broken');
    assert.doesNotMatch(JSON.stringify(result), /SECRET/);
  });
});

describe('a message newer than the schema', () => {
  it('skips and counts unknown fields, at each depth that it looks at', () => {
    const status = bytesOf((w) =>
      w
        .uint32(0x0a)
        .string('id')
        .uint32((99 << 3) | 2)
        .string('new')
        .uint32((98 << 3) | 5)
        .fixed32(1),
    );
    const bytes = bytesOf((w) =>
      w
        .uint32(0x0a)
        .bytes(status)
        .uint32((77 << 3) | 1)
        .fixed64(5)
        .uint32((76 << 3) | 0)
        .uint32(5),
    );
    const result = read(side('ContainerStatus', 'response'), bytes);
    assert.equal(result.kind, 'read');
    assert.deepEqual(result.kept, { status: { id: 'id' } });
    assert.equal(result.unknownFields, 4);
  });

  it('counts a field of another wire type as unknown', () => {
    const result = read(
      version,
      bytesOf((w) => w.uint32(0x10).uint32(7).uint32(0x1a).string('1.7')),
    );
    assert.equal(result.kind, 'read');
    assert.deepEqual(result.kept, { runtime_version: '1.7' });
    assert.equal(result.unknownFields, 1);
  });

  it('keeps the number of an enum value without a name', () => {
    const status = bytesOf((w) => w.uint32(0x18).uint32(42));
    const result = read(
      side('ContainerStatus', 'response'),
      bytesOf((w) => w.uint32(0x0a).bytes(status)),
    );
    assert.deepEqual(result.kept, { status: { state: 42 } });
  });

  it('merges a message field that comes twice', () => {
    const part = (tag: number, text: string) => bytesOf((w) => w.uint32(tag).string(text));
    const bytes = bytesOf((w) =>
      w.uint32(0x0a).bytes(part(0x0a, 'id')).uint32(0x0a).bytes(part(0x4a, 'ref')),
    );
    const result = read(side('ContainerStatus', 'response'), bytes);
    assert.deepEqual(result.kept, { status: { id: 'id', image_ref: 'ref' } });
  });
});

describe('a container event', () => {
  const event = side('GetContainerEvents', 'response');
  const metadata = { name: 'web-0', uid: '0123', namespace: 'shop', attempt: 1 };

  it('of 0.26 and later carries the status of the sandbox', () => {
    const bytes = encode(event.type, { pod_sandbox_status: { id: 's1', metadata, state: 1 } });
    assert.deepEqual(read(event, bytes).kept, {
      pod_sandbox_status: { id: 's1', metadata, state: 'SANDBOX_NOTREADY' },
    });
  });

  it('of 0.25 carries its metadata under the same number', () => {
    const former = encode(schema.root.lookupType('runtime.v1.PodSandboxMetadata'), metadata);
    const result = read(
      event,
      bytesOf((w) => w.uint32(0x22).bytes(former)),
    );
    assert.equal(result.kind, 'read');
    assert.deepEqual(result.kept, { pod_sandbox_status: { metadata } });
  });
});

describe('bounds', () => {
  const list = side('ListContainers', 'response');
  const containers = (count: number, extra = {}) =>
    encode(list.type, {
      containers: Array.from({ length: count }, (_, i) => ({ id: `c${i}`, ...extra })),
    });

  it('counts every item and its bytes, and keeps as many as the bound', () => {
    const counters = createCriCounters();
    const bytes = containers(10);
    const result = read(list, bytes, { limits: { maxItems: 3 }, counters });
    assert.equal(result.kind, 'read');
    assert.equal(result.items, 10);
    assert.equal(result.itemsBytes, bytes.length - 20);
    assert.equal(result.overBound, 7);
    assert.equal(counters.overItems, 7);
    assert.deepEqual(result.kept, { containers: [{ id: 'c0' }, { id: 'c1' }, { id: 'c2' }] });
  });

  for (const pieces of [[], [100, 3000]]) {
    it(`skips an item over the bound, in ${pieces.length + 1} pieces`, () => {
      const counters = createCriCounters();
      const bytes = Buffer.concat([containers(1), containers(1, { annotations: { a: 'x'.repeat(4000) } })]);
      const result = read(list, bytes, { limits: { maxItemBytes: 1000 }, counters, pieces });
      assert.equal(result.kind, 'read');
      assert.equal(result.items, 2);
      assert.deepEqual(result.kept, { containers: [{ id: 'c0' }] });
      assert.equal(counters.overItemBytes, 1);
    });
  }

  it('skips what is over the bytes from which something may be kept', () => {
    const counters = createCriCounters();
    const bytes = containers(3, { annotations: { a: 'x'.repeat(1000) } });
    const result = read(list, bytes, { limits: { maxKeptBytes: 2500 }, counters });
    assert.equal(result.items, 3);
    assert.equal(result.overBound, 1);
    assert.equal(counters.overKeptBytes, 1);
    assert.deepEqual(result.kept, { containers: [{ id: 'c0' }, { id: 'c1' }] });
  });

  it('skips a string over the bound', () => {
    const counters = createCriCounters();
    const bytes = encode(version.type, { runtime_name: 'x'.repeat(100), runtime_version: '1' });
    const result = read(version, bytes, { limits: { maxTextBytes: 99 }, counters });
    assert.deepEqual(result.kept, { runtime_version: '1' });
    assert.equal(result.overBound, 1);
    assert.equal(counters.overTextBytes, 1);
  });

  it('keeps as many elements of a nested list as the bound', () => {
    const images = side('ListImages', 'response');
    const bytes = encode(images.type, { images: [{ id: 'i', repo_tags: ['a', 'b', 'c'] }] });
    const result = read(images, bytes, { limits: { maxRepeated: 2 } });
    assert.deepEqual(result.kept, { images: [{ id: 'i', repo_tags: ['a', 'b'] }] });
    assert.equal(result.overBound, 1);
  });

  it('holds nothing of what it skips, and no more than came of what it keeps', () => {
    // 2 GiB announced, for a field that is kept and one that is not.
    for (const tag of [0x0a, 0x7a]) {
      const bytes = Uint8Array.from([tag, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 2, 3]);
      const before = process.memoryUsage().arrayBuffers;
      const result = read(list, bytes, { limits: { maxItemBytes: 2 ** 31 }, pieces: [7, 8] });
      assert.equal(result.kind, 'broken');
      assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 20);
    }
  });
});

describe('any bytes', () => {
  const names = ['ListContainers', 'PodSandboxStatus', 'ListPodSandboxStats', 'Status', 'GetContainerEvents'];
  for (const name of names) {
    const projection = side(name, 'response');
    it(`${name}: mutated and cut anywhere, the result is the same and nothing throws`, () => {
      const property = fc.property(
        arbitraryMessage(projection.type),
        fc.array(fc.tuple(fc.nat({ max: 5000 }), fc.nat({ max: 255 })), { maxLength: 4 }),
        fc.array(fc.nat({ max: 5000 }), { maxLength: 6 }),
        fc.nat({ max: 5000 }),
        (message, changes, places, end) => {
          const encoded = encode(projection.type, message);
          const bytes = encoded.subarray(0, encoded.length - (end % (encoded.length + 1)));
          for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
          const whole = read(projection, bytes);
          const pieces = read(projection, bytes, { pieces: places });
          assert.deepEqual(pieces, whole);
        },
      );
      fc.assert(property, { numRuns: 200 });
    });
  }
});

describe('cost', () => {
  it('reading a big list takes less than decoding it', () => {
    const projection = side('ListContainers', 'response');
    const bytes = encode(projection.type, {
      containers: Array.from({ length: 500 }, (_, i) => ({
        id: String(i).repeat(20),
        pod_sandbox_id: String(i).repeat(20),
        metadata: { name: `c${i}` },
        labels: { 'io.kubernetes.pod.name': `p${i}`, 'io.kubernetes.pod.uid': `u${i}` },
        annotations: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`key-${n}`, 'v'.repeat(80)])),
      })),
    });
    const fastest = (run: () => void): number => {
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 15; round++) {
        const from = process.hrtime.bigint();
        run();
        best = Math.min(best, Number(process.hrtime.bigint() - from));
      }
      return best;
    };
    const projected = fastest(() => read(projection, bytes));
    const decoded = fastest(() => projection.type.decode(bytes));
    assert.ok(projected < decoded, `${projected} ns against ${decoded} ns`);
  });
});
