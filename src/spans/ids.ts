import { hash } from 'node:crypto';
import type { Call } from '../calls/call.ts';
import { murmur, type State } from './murmur.ts';

export const notAllZeros = (id: string): string =>
  id.startsWith('0') && /^0+$/.test(id) ? `${id.slice(1)}1` : id;

/** What tells a call from all others: who called whom and where. */
type NamedCall = Pick<Call, 'caller' | 'connectionOrdinal' | 'stream' | 'start'>;

/**
 * Ids, lower-case hex: 32 digits for a trace, 16 for a span. The same call of the same input always gets the same ones, from
 * whichever observer of that identity.
 */
export interface Ids {
  /** For a call that no trace from the wire claims. */
  traceOfCall(call: NamedCall): string;
  spansOfCall(call: NamedCall): CallSpanIds;
  /** Of a round's trace and root span: they follow from what names the call that it began with. */
  ofRound(head: NamedCall): { readonly traceId: string; readonly spanId: string };
}

export interface CallSpanIds {
  readonly clientSpanId: string;
  readonly serverSpanId: string;
}

/** Of one connection: where the ids of traces, and of spans, begin. */
interface Seed {
  readonly traces: State;
  readonly spans: State;
}

interface Named extends Pick<Call['caller'], 'pid' | 'pidStart'> {
  readonly ordinal: number;
  readonly seed: Seed;
}

const maxSeeds = 8;

/** What an id is for: so ids of a call and of the round that it began differ. */
const role = { call: 0, round: 1 } as const;

const seedOf = (name: string): Seed => {
  const digest = hash('sha256', name, 'buffer');
  const word = (at: number): number => digest.readInt32LE(4 * at);
  return {
    traces: [word(0), word(1), word(2), word(3)],
    spans: [word(4), word(5), word(6), word(7)],
  };
};

/**
 * A connection's name is hashed by SHA-256; its calls, of which there may be many a second, are told apart by a cheap hash
 * that begins there. Nobody chooses ids to collide: whoever can write to a socket of the runtime owns the node.
 */
export const createIds = (identity: string): Ids => {
  // Of the last connections: the calls of a kubelet come on two.
  const seeds: Named[] = [];
  let next = 0;
  const seedFor = ({ caller: { pid, pidStart }, connectionOrdinal: ordinal }: NamedCall): Seed => {
    for (const one of seeds)
      if (one.ordinal === ordinal && one.pid === pid && one.pidStart === pidStart) return one.seed;
    const seed = seedOf(`${identity}\n${pid}\n${pidStart}\n${ordinal}`);
    seeds[next] = { pid, pidStart, ordinal, seed };
    next = (next + 1) % maxSeeds;
    return seed;
  };

  const octets = Buffer.alloc(32);
  const words = new DataView(octets.buffer, octets.byteOffset, octets.length);

  /** Sixteen octets at `at`. */
  const write = (kind: keyof Seed, call: NamedCall, of: number, at: number): void => {
    const { caller, stream, start } = call;
    // A caller whose pid or start is not known is told from a later one with the same ordinals by the call's start.
    const time = (caller.pid === null || caller.pidStart === null ? start : null) ?? 0n;
    const low = Number(BigInt.asUintN(32, time));
    const high = Number(BigInt.asUintN(32, time >> 32n));
    murmur(seedFor(call)[kind], stream, of, low, high, words, at);
  };

  return {
    traceOfCall(call) {
      write('traces', call, role.call, 0);
      return notAllZeros(octets.toString('hex', 0, 16));
    },
    spansOfCall(call) {
      write('spans', call, role.call, 0);
      const both = octets.toString('hex', 0, 16);
      return { clientSpanId: notAllZeros(both.slice(0, 16)), serverSpanId: notAllZeros(both.slice(16)) };
    },
    ofRound(head) {
      write('traces', head, role.round, 0);
      write('spans', head, role.round, 16);
      const both = octets.toString('hex', 0, 24);
      return { traceId: notAllZeros(both.slice(0, 32)), spanId: notAllZeros(both.slice(32)) };
    },
  };
};

/** A name-based id in the form of a UUID (RFC 9562 version 8), stable for the same parts. */
export const uuidOf = (...parts: readonly (string | number | bigint | null)[]): string => {
  const digest = hash('sha256', parts.join('\n'));
  const variant = (8 + (Number.parseInt(digest.charAt(16), 16) & 3)).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-');
};
