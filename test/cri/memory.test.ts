import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MessageResult } from '../../src/cri/kept.ts';
import { createCriCounters, defaultCriLimits } from '../../src/cri/limits.ts';
import { createMemory, type Memory } from '../../src/cri/memory.ts';
import { createMessageReader } from '../../src/cri/message-reader.ts';
import type { Projection } from '../../src/cri/projection.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { arbitraryMessage, cut, encode, type Plain } from './arbitrary-message.ts';

const schema = loadSchema();

const side = (rpc: string, which: 'request' | 'response'): Projection => {
  for (const compiled of schema.methods.values()) if (compiled.method.rpc === rpc) return compiled[which];
  return assert.fail(rpc);
};

const limits = { ...defaultCriLimits, maxTextBytes: 50, maxRepeated: 2 };

const remember = (maxRemembered = 2048) => {
  const counters = createCriCounters();
  return { counters, memory: createMemory({ ...limits, maxRemembered }, counters) };
};

interface Outcome {
  readonly result: MessageResult;
  /** Counted on the way. */
  readonly over: readonly number[];
}

const read = (
  projection: Projection,
  bytes: Uint8Array,
  memory: Memory | null,
  places: readonly number[] = [],
): Outcome => {
  const counters = createCriCounters();
  const reader = createMessageReader(projection, limits, counters, memory);
  for (const piece of cut(Uint8Array.from(bytes), places)) {
    reader.push(piece);
    piece.fill(0xff);
  }
  return { result: reader.end(), over: [counters.overTextBytes, counters.overItems] };
};

describe('with a memory that many messages share, each reads as it does alone', () => {
  for (const { method, request, response } of schema.methods.values()) {
    it(method.rpc, () => {
      const { memory } = remember(32);
      const projection = fc.constantFrom(request, response);
      const property = fc.property(
        projection.chain((of) => fc.tuple(fc.constant(of), arbitraryMessage(of.type, 4))),
        fc.array(fc.nat({ max: 5000 }), { maxLength: 4 }),
        fc.nat({ max: 5000 }),
        fc.nat({ max: 255 }),
        ([of, message], places, spot, octet) => {
          const bytes = encode(of.type, message);
          const broken = Uint8Array.from(bytes);
          if (broken.length > 0) broken[spot % broken.length] = octet;
          for (const one of [bytes, broken, bytes, broken])
            assert.deepEqual(read(of, one, memory, places), read(of, one, null));
        },
      );
      fc.assert(property, { numRuns: 60 });
    });
  }
});

const containers = side('ListContainers', 'response');

const container = (changed: Plain = {}): Plain => ({
  id: 'c1'.repeat(16),
  pod_sandbox_id: 's1'.repeat(16),
  metadata: { name: 'web', attempt: 2 },
  image: { image: 'registry/web:1' },
  state: 1,
  created_at: '1700000000000000000',
  labels: { 'io.kubernetes.pod.name': 'web-0', 'io.kubernetes.pod.uid': 'u-1', app: 'web' },
  annotations: { restarts: '1' },
  ...changed,
});

const itemOf = (memory: Memory, ...items: readonly Plain[]): unknown => {
  const { result } = read(containers, encode(containers.type, { containers: items }), memory);
  const list = result.kept.containers;
  return Array.isArray(list) ? list.at(-1) : undefined;
};

describe('what is remembered', () => {
  const same: readonly (readonly [name: string, changed: Plain])[] = [
    ['the same again', {}],
    [
      'labels in another order',
      { labels: { app: 'web', 'io.kubernetes.pod.uid': 'u-1', 'io.kubernetes.pod.name': 'web-0' } },
    ],
    [
      'other labels than those of identity',
      { labels: { 'io.kubernetes.pod.name': 'web-0', 'io.kubernetes.pod.uid': 'u-1', b: '2' } },
    ],
    ['other annotations', { annotations: { restarts: '2', more: 'x' } }],
  ];
  for (const [name, changed] of same) {
    it(`is shared: ${name}`, () => {
      const { memory } = remember();
      const first = itemOf(memory, container());
      assert.equal(typeof first, 'object');
      assert.equal(itemOf(memory, container(changed)), first);
    });
  }

  const others: readonly (readonly [name: string, changed: Plain])[] = [
    ['another state', { state: 2 }],
    [
      'a label of identity that has another value',
      { labels: { 'io.kubernetes.pod.name': 'web-1', 'io.kubernetes.pod.uid': 'u-1' } },
    ],
    ['a label of identity less', { labels: { 'io.kubernetes.pod.name': 'web-0' } }],
    ['another attempt, inside of a message', { metadata: { name: 'web', attempt: 3 } }],
  ];
  for (const [name, changed] of others) {
    it(`is told from: ${name}`, () => {
      const { memory } = remember();
      const first = itemOf(memory, container());
      const second = itemOf(memory, container(changed));
      assert.notDeepEqual(second, first);
      assert.deepEqual(second, itemOf(remember().memory, container(changed)));
    });
  }

  it('is bounded: what gave way is counted, and read anew', () => {
    const { memory, counters } = remember(8);
    const all = Array.from({ length: 100 }, (_, n) => container({ id: `c${n}` }));
    itemOf(memory, ...all);
    const { forgotten } = counters;
    assert.ok(forgotten >= 92 && forgotten < 100, String(forgotten));
    for (const one of all) assert.deepEqual(itemOf(memory, one), itemOf(remember().memory, one));
  });

  it('does not change when the same message is merged with a second part', () => {
    const { memory } = remember();
    const status = side('ContainerStatus', 'response');
    const part = (of: Plain): Buffer => encode(status.type, { status: of });
    const first = part({ id: 'c1', metadata: { name: 'web' } });
    const both = Buffer.concat([first, part({ metadata: { attempt: 4 }, state: 1 })]);
    for (const bytes of [first, both, first, both])
      assert.deepEqual(read(status, bytes, memory), read(status, bytes, null));
  });

  it('counts a text over its bound each time', () => {
    const { memory } = remember();
    const bytes = encode(containers.type, {
      containers: [container({ metadata: { name: 'x'.repeat(51) } })],
    });
    for (let times = 0; times < 2; times++) assert.deepEqual(read(containers, bytes, memory).over, [1, 0]);
  });
});
