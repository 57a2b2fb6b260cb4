import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Direction } from '../../src/foundation/direction.ts';
import { createGrpcTracker } from '../../src/grpc/calls.ts';
import type { CallEnd, GrpcEvent } from '../../src/grpc/event.ts';
import { createHttp2Observer } from '../../src/http2/connection.ts';
import { cutOut, cutSizes, octetsOf, place, recut, type Step, seenAt } from '../http2/wire.ts';
import { type OwnOctets, type Traffic, trafficOf, trafficPlans } from './traffic.ts';

interface Gap {
  readonly direction: Direction;
  readonly at: number;
  readonly length: number;
}

/** What was told last of each call, and whether the boundaries of frames were ever lost. */
const watched = (steps: readonly Step[], joined = false) => {
  const http2 = createHttp2Observer({ joined });
  const grpc = createGrpcTracker({ joined });
  const calls = new Map<number, CallEnd>();
  const resets = new Map<number, string[]>();
  let lostStep = false;
  const keep = (events: readonly GrpcEvent[]): void => {
    for (const event of events)
      if (event.kind === 'call_end' || event.kind === 'call_revised') calls.set(event.stream, event.result);
  };
  steps.forEach((step, time) => {
    const seen = seenAt(time);
    const events =
      'bytes' in step
        ? http2.bytes(step.direction, step.bytes, seen)
        : http2.gap(step.direction, step.lost, seen);
    for (const event of events) {
      if (event.kind === 'desync') lostStep = true;
      if (event.kind === 'rst_stream') {
        const by = event.direction === 'request' ? 'client' : 'server';
        resets.set(event.stream, [...(resets.get(event.stream) ?? []), by]);
      }
      const found: GrpcEvent[] = [];
      grpc.event(event, seen, found);
      keep(found);
    }
  });
  keep(grpc.close(seenAt(steps.length)));
  return { calls, resets, lostStep };
};

const lostOf = (own: readonly OwnOctets[], gaps: readonly Gap[], of: number): number =>
  own.reduce((sum, { direction, stream, from, to }) => {
    if (stream !== of) return sum;
    const within = gaps.filter((gap) => gap.direction === direction);
    const lost = within.map(({ at, length }) => Math.max(0, Math.min(to, at + length) - Math.max(from, at)));
    return sum + lost.reduce((all, one) => all + one, 0);
  }, 0);

/** Gaps of one direction apart from each other, the last first: taking one out must not move the others. */
const gapsIn = (
  steps: readonly Step[],
  direction: Direction,
  wanted: readonly (readonly [number, number])[],
): Gap[] => {
  const octets = octetsOf(steps, direction);
  const gaps: Gap[] = [];
  let end = octets;
  for (const [share, length] of wanted.toSorted(([one], [other]) => other - one)) {
    // The client's preface is what makes it HTTP/2.
    const at = Math.max(33, Math.floor(share * octets));
    if (at + length >= end) continue;
    gaps.push({ direction, at, length });
    end = at;
  }
  return gaps;
};

const damage = ({ steps }: Traffic, gaps: readonly Gap[]): Step[] =>
  gaps.reduce<Step[]>((rest, { direction, at, length }) => cutOut(rest, direction, at, length), [...steps]);

const wanted = fc.array(fc.tuple(place, fc.integer({ min: 1, max: 150 })), { maxLength: 3 });

const atMost = (one: CallEnd['request'], whole: CallEnd['request'], what: string): void => {
  assert.ok(one.messages <= whole.messages && one.bytes <= whole.bytes, what);
};

test('whatever is lost of either direction: what is told of a call is as without the loss, or said to be unknown', () => {
  fc.assert(
    fc.property(trafficPlans, wanted, wanted, cutSizes, (plan, ofRequests, ofResponses, pieces) => {
      const traffic = trafficOf(plan);
      const whole = watched(traffic.steps);
      const gaps = [
        ...gapsIn(traffic.steps, 'request', ofRequests),
        ...gapsIn(traffic.steps, 'response', ofResponses),
      ];
      const seen = watched(recut(damage(traffic, gaps), pieces));
      if (!seen.lostStep) assert.deepEqual([...seen.calls.keys()].sort(), [...whole.calls.keys()].sort());
      for (const [stream, call] of seen.calls) {
        const right = whole.calls.get(stream);
        if (right === undefined) assert.fail(`no call ${stream} was made`);
        if (!seen.lostStep) assert.notEqual(call.lostBytes, null);
        assert.ok(call.statusCode === null || call.statusCode === right.statusCode, 'status');
        assert.ok(call.statusMessage === null || call.statusMessage === right.statusMessage, 'message');
        atMost(call.request, right.request, 'request');
        atMost(call.response, right.response, 'response');
        const by = call.reset?.by;
        assert.ok(by === undefined || whole.resets.get(stream)?.includes(by), 'reset by');
        if (call.lostBytes === null) continue;
        assert.equal(call.lostBytes, lostOf(traffic.own, gaps, stream), 'lost bytes');
        assert.equal(call.outcome, right.outcome);
        assert.equal(by, right.reset?.by);
        assert.ok((call.reset?.code ?? null) === null || call.reset?.code === right.reset?.code, 'code');
        if (call.lostBytes > 0) continue;
        assert.deepEqual([call.request, call.response], [right.request, right.response]);
        assert.deepEqual(call.reset, right.reset);
      }
    }),
    { numRuns: Number(process.env.CRITRACE_RUNS ?? 300) },
  );
});

/** Octets of the client's preface: who saw them saw all that was answered. */
const prefaceBytes = 24;

/** Without the first octets of each direction. */
const joinedAfter = (steps: readonly Step[], shares: Readonly<Record<Direction, number>>): Step[] => {
  const left = {
    request: Math.max(prefaceBytes, Math.floor(shares.request * octetsOf(steps, 'request'))),
    response: Math.floor(shares.response * octetsOf(steps, 'response')),
  };
  return steps.flatMap((step): Step[] => {
    if (!('bytes' in step)) return [step];
    const { direction, bytes } = step;
    const gone = Math.min(left[direction], bytes.length);
    left[direction] -= gone;
    return gone === bytes.length ? [] : [{ direction, bytes: bytes.slice(gone) }];
  });
};

test('joined anywhere: what is told of a call is as for an observer that saw all, or said to be unknown', () => {
  let exact = 0;
  fc.assert(
    fc.property(
      trafficPlans,
      fc.record({ request: place, response: place }),
      cutSizes,
      (plan, shares, pieces) => {
        const traffic = trafficOf(plan);
        const whole = watched(traffic.steps);
        const late = watched(recut(joinedAfter(traffic.steps, shares), pieces), true);
        for (const [stream, call] of late.calls) {
          const right = whole.calls.get(stream);
          if (right === undefined) assert.fail(`no call ${stream} was made`);
          assert.ok(call.statusCode === null || call.statusCode === right.statusCode, 'status');
          atMost(call.request, right.request, 'request');
          atMost(call.response, right.response, 'response');
          const by = call.reset?.by;
          assert.ok(by === undefined || whole.resets.get(stream)?.includes(by), 'reset by');
          if (call.lostBytes === null) continue;
          exact += 1;
          assert.equal(call.lostBytes, 0);
          assert.equal(call.outcome, right.outcome);
          assert.deepEqual(call.reset, right.reset);
          assert.deepEqual([call.request, call.response], [right.request, right.response]);
        }
      },
    ),
    { numRuns: Number(process.env.CRITRACE_RUNS ?? 300) },
  );
  assert.ok(exact > 0);
});
