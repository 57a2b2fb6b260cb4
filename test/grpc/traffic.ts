import fc from 'fast-check';
import type { Direction } from '../../src/foundation/direction.ts';
import { clientPreface, concat, frame, indexed, literal, type Step } from '../http2/wire.ts';
import { message } from './builders.ts';

/** How a call goes: what is sent of it, in which pieces, and how it ends. */
export interface CallPlan {
  readonly path: string;
  readonly requests: readonly number[];
  readonly replies: readonly number[];
  /** Octets of a DATA frame at most. */
  readonly frameBytes: number;
  readonly status: string;
  /** `early`: refused before the request ended, with a reset behind it. `open`: the connection closes before. */
  readonly ends:
    | 'trailers'
    | 'trailers_only'
    | 'early'
    | 'client_reset'
    | 'server_reset'
    | 'both_reset'
    | 'open';
}

export interface TrafficPlan {
  readonly calls: readonly CallPlan[];
  /** Whose turn it is, and where a PING comes between. */
  readonly turns: readonly number[];
}

const sizes = fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 3 });

export const trafficPlans: fc.Arbitrary<TrafficPlan> = fc.record({
  calls: fc.array(
    fc.record({
      path: fc.constantFrom('/a.B/C', '/runtime.v1.RuntimeService/Version', '/a.B/D'),
      requests: sizes,
      replies: sizes,
      frameBytes: fc.integer({ min: 4, max: 120 }),
      status: fc.constantFrom('0', '0', '5', '12'),
      ends: fc.constantFrom(
        ...(['trailers', 'trailers', 'trailers', 'trailers_only', 'early'] as const),
        ...(['client_reset', 'server_reset', 'both_reset', 'open'] as const),
      ),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  turns: fc.array(fc.nat(999), { minLength: 1, maxLength: 60 }),
});

/** Octets of one direction that are a call's own: header blocks, DATA, resets. */
export interface OwnOctets {
  readonly direction: Direction;
  readonly stream: number;
  readonly from: number;
  readonly to: number;
}

export interface Traffic {
  readonly steps: readonly Step[];
  readonly own: readonly OwnOctets[];
}

type Field = readonly [name: string, value: string];

/** Inserts each field that is new, and refers to it from then on, as grpc-go does. Few enough for nothing to be evicted. */
const createEncoder = () => {
  const table: string[] = [];
  return (fields: readonly Field[]): Uint8Array =>
    concat(
      ...fields.map(([name, value]) => {
        const at = table.indexOf(`${name} ${value}`);
        if (at >= 0) return indexed(61 + table.length - at);
        table.push(`${name} ${value}`);
        return literal(name, value);
      }),
    );
};

type Part =
  | { readonly direction: Direction; readonly headers: readonly Field[]; readonly end: boolean }
  | { readonly direction: Direction; readonly data: Uint8Array; readonly end: boolean }
  | { readonly direction: Direction; readonly reset: number };

const cut = (bytes: Uint8Array, most: number): Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += most) pieces.push(bytes.slice(at, at + most));
  return pieces;
};

const bodyOf = (direction: Direction, lengths: readonly number[], plan: CallPlan): Part[] =>
  cut(concat(...lengths.map((length) => message(new Uint8Array(length).fill(0xee)))), plan.frameBytes).map(
    (data) => ({ direction, data, end: false }),
  );

const CANCEL = 8;
const INTERNAL_ERROR = 2;
const NO_ERROR = 0;

const partsOf = (plan: CallPlan): Part[] => {
  const { path, status, ends } = plan;
  const [request, response] = ['request', 'response'] as const;
  const opening: Part = {
    direction: request,
    headers: [
      [':method', 'POST'],
      [':path', path],
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
    ],
    end: false,
  };
  const asked = bodyOf(request, plan.requests, plan);
  const whole = asked.map((part, at) =>
    'data' in part && at === asked.length - 1 ? { ...part, end: true } : part,
  );
  const half = asked.slice(0, Math.floor(asked.length / 2));
  const begun: readonly Field[] = [
    [':status', '200'],
    ['content-type', 'application/grpc'],
  ];
  // Who answers with a message has nothing to complain of.
  const isWell = status === '0' || ends === 'trailers';
  const last: readonly Field[] = [
    ['grpc-status', isWell ? '0' : status],
    ['grpc-message', isWell ? '' : 'no such thing'],
  ];
  const reply: Part[] = [
    { direction: response, headers: begun, end: false },
    ...bodyOf(response, plan.replies, plan),
  ];
  const some = reply.slice(0, Math.floor(reply.length / 2));
  const trailers: Part = { direction: response, headers: last, end: true };
  const refusal: Part = { direction: response, headers: [...begun, ...last], end: true };
  switch (ends) {
    case 'trailers':
      return [opening, ...whole, ...reply, trailers];
    case 'trailers_only':
      return [opening, ...whole, refusal];
    case 'early':
      return [opening, ...half, refusal, { direction: response, reset: NO_ERROR }];
    case 'client_reset':
      return [opening, ...half, { direction: request, reset: CANCEL }, ...some];
    case 'server_reset':
      return [
        opening,
        ...half,
        ...some,
        { direction: response, reset: INTERNAL_ERROR },
        ...asked.slice(half.length),
      ];
    case 'both_reset':
      return [
        opening,
        ...whole,
        ...some,
        { direction: request, reset: CANCEL },
        { direction: response, reset: NO_ERROR },
      ];
    case 'open':
      return [opening, ...whole, ...some];
  }
};

export const trafficOf = ({ calls, turns }: TrafficPlan): Traffic => {
  const encoders = { request: createEncoder(), response: createEncoder() };
  const positions = { request: 0, response: 0 };
  const steps: Step[] = [];
  const own: OwnOctets[] = [];
  const put = (direction: Direction, bytes: Uint8Array, stream: number): void => {
    const from = positions[direction] + 9;
    positions[direction] += bytes.length;
    if (stream > 0) own.push({ direction, stream, from, to: positions[direction] });
    steps.push({ direction, bytes });
  };
  const send = (stream: number, part: Part): void => {
    const { direction } = part;
    if ('headers' in part) {
      const flags = 4 + (part.end ? 1 : 0);
      put(direction, frame(1, flags, stream, encoders[direction](part.headers)), stream);
    } else if ('data' in part) put(direction, frame(0, part.end ? 1 : 0, stream, part.data), stream);
    else put(direction, frame(3, 0, stream, Uint8Array.of(0, 0, 0, part.reset)), stream);
  };

  put('request', concat(clientPreface, frame(4, 0, 0)), 0);
  put('response', frame(4, 0, 0), 0);
  // Streams begin in the order of their numbers (RFC 9113 section 5.1.1).
  const waiting = calls.map((plan, at) => ({ stream: 2 * at + 1, parts: partsOf(plan) }));
  const going: typeof waiting = [];
  for (let turn = 0; waiting.length + going.length > 0; turn++) {
    const choice = turns[turn % turns.length] ?? 0;
    if (choice % 5 === 0)
      put(choice % 2 === 0 ? 'request' : 'response', frame(6, 0, 0, new Uint8Array(8)), 0);
    const next = going.length === 0 || choice % 3 === 0 ? waiting.shift() : undefined;
    if (next !== undefined) going.push(next);
    const at = next === undefined ? choice % going.length : going.length - 1;
    const call = going[at];
    const part = call?.parts.shift();
    if (call !== undefined && part !== undefined) send(call.stream, part);
    if (call?.parts.length === 0) going.splice(at, 1);
  }
  return { steps, own };
};
