import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHpackDecoder } from '../../src/http2/hpack/decoder.ts';
import { createHttp2Counters, defaultHttp2Limits } from '../../src/http2/limits.ts';
import { assertTrue } from '../http2/compare.ts';
import {
  clientPreface,
  concat,
  cutOut,
  cutSizes,
  frame,
  hex,
  indexed,
  literal,
  literalWithName,
  normalised,
  octetsOf,
  place,
  recut,
  type Step,
  sizeUpdate,
  watch,
} from '../http2/wire.ts';

const numRuns = Number(process.env.CRITRACE_FUZZ_RUNS ?? 300);
/** For properties that decode a whole conversation several times. */
const fewerRuns = Math.min(Math.ceil(numRuns / 5), 10_000);

/** Small limits, so that they are met. */
const limits = {
  ...defaultHttp2Limits,
  headerBlockBytes: 300,
  headerListBytes: 400,
  headerFields: 12,
  headerStringBytes: 60,
  headerTableBytes: 300,
  resyncBytes: 2000,
  resyncCandidates: 8,
};

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.constant(clientPreface),
  fc.constant(frame(4, 0, 0, hex('000500004000000100000100'))),
  fc
    .tuple(fc.nat(11), fc.nat(0x2d), fc.nat(9), fc.uint8Array({ maxLength: 40 }))
    .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload)),
);
const direction = fc.constantFrom('request' as const, 'response' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ direction, bytes: piece }) },
  { weight: 1, arbitrary: fc.record({ direction, lost: fc.integer({ min: 1, max: 100 }) }) },
);

test('fuzz: any octets, losses and cuts', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.boolean(),
      fc.array(step, { maxLength: 30 }),
      cutSizes,
      (joined, opened, steps, sizes) => {
        const all: Step[] = opened
          ? [
              { direction: 'request', bytes: clientPreface },
              { direction: 'response', bytes: frame(4, 0, 0) },
              ...steps,
            ]
          : steps;
        const counters = createHttp2Counters();
        const events = watch(all, { joined, limits, counters });
        const [first, ...rest] = events;
        if (first !== undefined) assert.equal(first.kind, 'protocol');
        assert.ok(rest.every(({ kind }) => kind !== 'protocol'));
        for (const event of events)
          if (event.kind === 'headers') assert.ok(event.fields.length <= limits.headerFields);
        assert.equal(counters.requestBytes, octetsOf(all, 'request'));
        assert.ok(counters.recoveredBytes <= counters.searchedBytes);
        assert.deepEqual(normalised(watch(recut(all, sizes), { joined, limits })), normalised(events));
      },
    ),
    { numRuns },
  );
});

test('fuzz: any header blocks', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 10 }),
      (fromStart, blocks) => {
        const counters = createHttp2Counters();
        let epochs = 0;
        const decoder = createHpackDecoder({ limits, counters, fromStart, nextEpoch: () => epochs++ });
        for (const block of blocks) {
          const { fields } = decoder.decode(block, 0, block.length);
          assert.ok(fields.length <= block.length);
        }
        assert.equal(counters.headerBlocks, blocks.length);
      },
    ),
    { numRuns },
  );
});

/** An encoder that inserts, refers and evicts at will, and always knows what it means. */
const conversation = (choices: readonly number[], tableBytes: number, padded: boolean): Step[] => {
  const steps: Step[] = [];
  const settings = frame(4, 0, 0);
  steps.push(
    { direction: 'request', bytes: concat(clientPreface, settings) },
    { direction: 'response', bytes: settings },
  );
  let turn = 0;
  const choose = (below: number): number => (choices[turn++ % choices.length] ?? 0) % below;
  const tables = { request: [] as number[], response: [] as number[] };
  const blockOf = (side: 'request' | 'response', fields: number, fresh: boolean): Uint8Array => {
    const table = tables[side];
    const parts: Uint8Array[] = fresh ? [sizeUpdate(tableBytes)] : [];
    const insert = (size: number): void => {
      table.unshift(size);
      while (table.reduce((sum, entry) => sum + entry, 0) > tableBytes) table.pop();
    };
    for (let field = 0; field < fields; field++) {
      const name = `n${choose(7)}`;
      const value = `${turn}`.repeat(1 + choose(4));
      switch (choose(6)) {
        case 0:
          parts.push(indexed(1 + choose(61)));
          break;
        case 1:
          parts.push(literal(name, value, choose(2) === 0 ? 0x00 : 0x10));
          break;
        case 2:
          parts.push(literal(name, value));
          insert(32 + name.length + value.length);
          break;
        default:
          if (table.length === 0) {
            parts.push(literalWithName(31, value));
            insert(32 + 'content-type'.length + value.length);
          } else parts.push(indexed(62 + choose(table.length)));
      }
    }
    return concat(...parts);
  };
  const headers = (
    side: 'request' | 'response',
    stream: number,
    end: boolean,
    fields: number,
    fresh: boolean,
  ) => {
    const block = blockOf(side, fields, fresh);
    if (choose(5) > 0) return frame(1, end ? 5 : 4, stream, block);
    const half = block.length >> 1;
    return concat(
      frame(1, end ? 1 : 0, stream, block.slice(0, half + 1)),
      frame(9, 4, stream, block.slice(half + 1)),
    );
  };
  const data = (stream: number, end: boolean): Uint8Array => {
    const body = new Uint8Array(1 + choose(300)).map(() => choose(256));
    const padding = choose(20);
    if (!padded || choose(2) === 0) return frame(0, end ? 1 : 0, stream, body);
    return frame(0, end ? 9 : 8, stream, concat(Uint8Array.of(padding), body, new Uint8Array(padding)));
  };
  for (let call = 0; call < 25; call++) {
    const stream = 2 * call + 1;
    const request = [headers('request', stream, false, 2 + choose(5), call === 0), data(stream, true)];
    if (choose(3) === 0) request.push(frame(8, 0, 0, hex('00000100')), frame(6, 0, 0, new Uint8Array(8)));
    const response = [
      headers('response', stream, false, 2, call === 0),
      data(stream, false),
      data(stream, false),
      headers('response', stream, true, 2, false),
    ];
    steps.push(
      { direction: 'request', bytes: concat(...request) },
      { direction: 'response', bytes: concat(...response) },
    );
  }
  return steps;
};

const conversations = fc
  .tuple(
    fc.array(fc.nat(100_000), { minLength: 30, maxLength: 200 }),
    fc.constantFrom(0, 90, 400, 4096),
    fc.boolean(),
  )
  .map(([choices, tableBytes, padded]) => conversation(choices, tableBytes, padded));

test('fuzz: what is said in spite of a loss is true', () => {
  let found = 0;
  fc.assert(
    fc.property(
      conversations,
      direction,
      place,
      fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 2000 })),
      cutSizes,
      (steps, side, where, length, sizes) => {
        const whole = watch(steps, { joined: false });
        assert.ok(whole.every((event) => event.kind !== 'headers' || event.complete));
        const lossy = cutOut(steps, side, 33 + Math.floor(where * (octetsOf(steps, side) - 33)), length);
        const events = watch(lossy, { joined: false });
        if (events.some(({ kind }) => kind === 'resync')) found += 1;
        assertTrue(events, whole, side);
        assert.deepEqual(normalised(watch(recut(lossy, sizes), { joined: false })), normalised(events));
      },
    ),
    { numRuns: fewerRuns },
  );
  assert.ok(found > fewerRuns / 5, `a boundary was found again in ${found} of ${fewerRuns}`);
});

test('fuzz: what is said after joining late is true', () => {
  fc.assert(
    fc.property(conversations, fc.nat(30), fc.nat(30), (steps, skippedSteps, skippedOctets) => {
      const whole = watch(steps, { joined: false });
      const late = steps.slice(2 + skippedSteps);
      const first = late[0];
      if (first !== undefined && 'bytes' in first)
        late[0] = { ...first, bytes: first.bytes.slice(skippedOctets) };
      const events = watch(late, { joined: true });
      assert.ok(events.length === 0 || events[0]?.kind === 'protocol');
      assertTrue(events, whole, 'request');
    }),
    { numRuns: fewerRuns },
  );
});

test('fuzz: a conversation with octets changed', () => {
  fc.assert(
    fc.property(
      conversations,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
      cutSizes,
      (steps, changes, sizes) => {
        const changed = steps.map(
          (step): Step => ('bytes' in step ? { ...step, bytes: step.bytes.slice() } : step),
        );
        for (const [where, octet] of changes) {
          const step = changed[where % changed.length];
          if (step !== undefined && 'bytes' in step) step.bytes[where % step.bytes.length] = octet;
        }
        const events = watch(changed, { joined: false });
        assert.deepEqual(normalised(watch(recut(changed, sizes), { joined: false })), normalised(events));
      },
    ),
    { numRuns: fewerRuns },
  );
});
