import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ofKind, type Told, tell } from './story.ts';

const second = 1000;

/** Something happens each second: a symptom is told no later than that. */
const clock = (seconds: number): Told[] =>
  Array.from({ length: seconds }, (_, nth) => ({
    rpc: 'Version',
    from: nth * second + 500,
    to: nth * second + 501,
  }));

test('a call that is stuck is told at 10, 20, 40... seconds, and at its end; one that is quick never', () => {
  const call = fc.record({
    from: fc.integer({ min: 0, max: 60 }),
    took: fc.option(fc.integer({ min: 0, max: 100 }), { nil: null }),
  });
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 8 }), (calls) => {
      // Half a second beside the clock, so that no two moments are the same.
      const told = calls.map(
        ({ from, took }): Told => ({
          rpc: 'CreateContainer',
          from: from * second,
          to: took === null ? null : (from + took) * second + 100,
        }),
      );
      const found = ofKind(tell([...told, ...clock(200)]), 'stuck_call');
      for (const [nth, { took, from }] of calls.entries()) {
        const ends = took === null ? Number.POSITIVE_INFINITY : took * second + 100;
        const ages = found
          .filter(({ calls: [about] }) => about.stream === 2 * nth + 1)
          .map(({ ageNs, ended, revision }) => [Number(ageNs) / 1e6, ended, revision] as const);
        const expected: (readonly [number, boolean, number])[] = [];
        // The last turn of the clock is at 199.5 s.
        for (let age = 10 * second; age <= ends && from * second + age <= 199_501; age *= 2)
          expected.push([age, false, expected.length]);
        if (took !== null && expected.length > 0) expected.push([ends, true, expected.length]);
        assert.deepEqual(ages, expected);
      }
    }),
    { numRuns: 50 },
  );
});

test('the intervals of a stream follow each other, and have every message once', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 600_000 }), { maxLength: 60 }), (moments) => {
      const messagesAt = moments.sort((a, b) => a - b);
      const stream: Told = { rpc: 'GetContainerEvents', from: 0, to: 600_001, messagesAt, messageBytes: 7 };
      const found = ofKind(tell([stream, ...clock(600)]), 'stream_interval');
      let until: bigint | null = null;
      let total = 0;
      for (const { start, end, messages, bytes, totalMessages, ended } of found) {
        assert.ok(until === null || start >= until);
        assert.ok(messages > 0);
        assert.equal(bytes, 7 * messages);
        total += messages;
        assert.equal(totalMessages, total);
        if (!ended) assert.equal((end - (found[0]?.start ?? 0n)) % 60_000_000_000n, 0n);
        until = end;
      }
      assert.equal(total, messagesAt.length);
    }),
    { numRuns: 50 },
  );
});

const tries = {
  deadline: { reset: 'CANCEL', timeoutMs: 50 },
  cancelled: { reset: 'CANCEL' },
  name_reserved: {
    status: 'UNKNOWN',
    message: 'failed to reserve sandbox name "x": name "x" is reserved for "y"',
  },
  failed: { status: 'INTERNAL' },
  succeeded: {},
  not_found: { status: 'NOT_FOUND' },
} as const satisfies Readonly<Record<string, Partial<Told>>>;
type End = keyof typeof tries;
const ends: readonly End[] = ['deadline', 'cancelled', 'name_reserved', 'failed', 'succeeded', 'not_found'];

/** By hand: what begins a chain, what goes on with it, what ends it. */
const chainsOf = (
  course: readonly End[],
): { cause: End; ends: Partial<Record<End, number>>; count: number }[] => {
  const chains: { cause: End; ends: Partial<Record<End, number>>; count: number; isOver: boolean }[] = [];
  let isMade = false;
  for (const end of course) {
    const chain = chains.at(-1);
    if (chain !== undefined && !chain.isOver) {
      chain.count += 1;
      chain.ends[end] = (chain.ends[end] ?? 0) + 1;
      chain.isOver = end === 'succeeded' || end === 'not_found';
    } else if (end === 'deadline' || end === 'cancelled' || (end === 'name_reserved' && !isMade))
      chains.push({ cause: end, ends: { [end]: 1 }, count: 1, isOver: false });
    if (end === 'succeeded') isMade = true;
  }
  return chains.map(({ cause, ends: of, count }) => ({ cause, ends: of, count }));
};

test('whatever becomes of the tries of several pods, each chain has those of its pod, and no other', () => {
  const step = fc.record({ pod: fc.integer({ min: 0, max: 2 }), end: fc.constantFrom(...ends) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const calls = steps.map(
        ({ pod, end }, nth): Told => ({
          rpc: 'RunPodSandbox',
          from: nth * second,
          to: nth * second + 50,
          ...tries[end],
          facts: { pod: { namespace: 'n', name: `p${pod}`, uid: `u${pod}`, attempt: 0 } },
        }),
      );
      // A chain that is not over is told when it has been idle for ten minutes.
      const found = ofKind(tell(calls, 1_000_000), 'retry_chain');
      for (const pod of [0, 1, 2]) {
        const last = new Map(
          found
            .filter(({ calls: [first] }) => first.facts.pod?.uid === `u${pod}`)
            .map((chain) => [chain.calls[0].stream, chain]),
        );
        assert.deepEqual(
          [...last.values()].map(({ cause, ends: of, count }) => ({ cause, ends: of, count })),
          chainsOf(steps.filter((one) => one.pod === pod).map(({ end }) => end)),
        );
        // A single try that was given up was told as such, and that is all there is to say of it.
        for (const { outcome, count } of last.values()) assert.equal(outcome === null, count === 1);
      }
    }),
    { numRuns: 100 },
  );
});

const mib = 1024 * 1024;

test('every size from half of the limit on is told, with what it was; none below', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 80 * mib }),
      fc.integer({ min: 0, max: 100_000 }),
      (responseBytes, items) => {
        const found = ofKind(
          tell([{ rpc: 'ListContainers', from: 0, to: 5, responseBytes, items }]),
          'message_limit',
        );
        assert.deepEqual(
          found.map((one) => [one.bytes, one.items, one.limitBytes, one.refusedBy]),
          responseBytes < 8 * mib ? [] : [[responseBytes, items, 16 * mib, null]],
        );
      },
    ),
  );
});

test('the numbers of a refusal are those of its text, whatever stands around them', () => {
  const texts = fc.constantFrom(
    ['rpc error: code = ResourceExhausted desc = grpc: trying to send message larger than max', 'response'],
    ['grpc: received message larger than max', 'request'],
    ['grpc: received message after decompression larger than max', 'request'],
  );
  fc.assert(
    fc.property(texts, fc.nat(), fc.nat(), ([text, direction], bytes, limit) => {
      const message = `${text} (${bytes} vs. ${limit})`;
      const call: Told = { rpc: 'ListContainers', from: 0, to: 5, status: 'RESOURCE_EXHAUSTED', message };
      const [found] = ofKind(tell([call]), 'message_limit');
      assert.deepEqual(
        [found?.bytes, found?.limitBytes, found?.direction, found?.refusedBy, found?.stated],
        [bytes, limit, direction, 'server', true],
      );
      // With another status the text is only a text.
      assert.deepEqual(ofKind(tell([{ ...call, status: 'UNKNOWN' }]), 'message_limit'), []);
    }),
  );
});
