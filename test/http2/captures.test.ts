import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Http2Event } from '../../src/http2/event.ts';
import { createHttp2Counters } from '../../src/http2/limits.ts';
import { captureNames, connectionsOf, truthOf } from './captures.ts';
import { assertTrue } from './compare.ts';
import { cutOut, cutSizes, fieldText, normalised, octetsOf, place, recut, watch } from './wire.ts';

const headerOf = (events: readonly Http2Event[], stream: number, direction: string, name: string): string => {
  for (const event of events)
    if (event.kind === 'headers' && event.stream === stream && event.direction === direction)
      for (const field of event.fields) {
        const text = fieldText(field);
        if (text.startsWith(`${name}: `)) return text.slice(name.length + 2);
      }
  return '';
};

describe('captures of real traffic', () => {
  for (const name of captureNames) {
    test(`${name} agrees with an independent decoder`, () => {
      const counters = createHttp2Counters();
      const byConnection = new Map(
        [...connectionsOf(name)].map(([id, steps]) => [id, watch(steps, { joined: false, counters })]),
      );
      const index = new Map<string, Http2Event[]>();
      for (const [id, events] of byConnection)
        for (const event of events) {
          if (!('stream' in event)) continue;
          const key = `${id} ${event.stream}`;
          index.set(key, [...(index.get(key) ?? []), event].slice(-2000));
        }
      for (const { connection, stream, path, status } of truthOf(name)) {
        const events = index.get(`${connection} ${stream}`) ?? [];
        assert.equal(headerOf(events, stream, 'request', ':path'), path);
        assert.equal(headerOf(events, stream, 'response', 'grpc-status'), status);
      }
      assert.equal(counters.malformedFrames + counters.malformedBlocks + counters.unknownFrames, 0);
      assert.equal(counters.desyncs + counters.otherConnections + counters.http1Connections, 0);
    });
  }
});

const small = 'pod-lifecycle-c16-crictl1.36';

test('a capture gives the same however it is cut', () => {
  for (const steps of connectionsOf(small).values()) {
    const whole = normalised(watch(steps, { joined: false }));
    fc.assert(
      fc.property(cutSizes, (sizes) => {
        assert.deepEqual(normalised(watch(recut(steps, sizes), { joined: false })), whole);
      }),
      { numRuns: 3 },
    );
  }
});

for (const name of ['kubelet-1.37-containerd-2.4', 'kubelet-1.30-containerd-2.4-tracing']) {
  const connections = [...connectionsOf(name).values()].map((steps) => steps.slice(0, 600));
  const whole = connections.map((steps) => watch(steps, { joined: false }));

  test(`${name} with gaps: what is said is true`, () => {
    fc.assert(
      fc.property(
        fc.nat(connections.length - 1),
        fc.constantFrom('request', 'response'),
        place,
        fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 40_000 })),
        (which, direction, where, length) => {
          const steps = connections[which] ?? [];
          const at = 24 + Math.floor(where * (octetsOf(steps, direction) - 24));
          assertTrue(
            watch(cutOut(steps, direction, at, length), { joined: false }),
            whole[which] ?? [],
            direction,
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test(`${name} joined late: what is said is true`, () => {
    fc.assert(
      fc.property(
        fc.nat(connections.length - 1),
        place.map((part) => part * 0.8),
        (which, where) => {
          const steps = connections[which] ?? [];
          const late = steps.slice(Math.floor(where * steps.length));
          const events = watch(late, { joined: true });
          assert.deepEqual(events[0], { kind: 'protocol', protocol: 'http2' });
          for (const direction of ['request', 'response'] as const)
            assertTrue(events, whole[which] ?? [], direction);
        },
      ),
      { numRuns: 20 },
    );
  });
}
