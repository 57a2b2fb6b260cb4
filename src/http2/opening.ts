import type { Direction } from '../foundation/direction.ts';
import type { Seen } from '../foundation/time.ts';
import type { Protocol } from './event.ts';
import { frameType } from './frame.ts';

const octetsOf = (text: string): readonly number[] => [...text].map((character) => character.charCodeAt(0));

/** RFC 9113 section 3.4. */
const clientPreface = octetsOf('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** RFC 9110 section 9.3, RFC 5789. */
const http1Requests = [
  'GET ',
  'HEAD ',
  'POST ',
  'PUT ',
  'DELETE ',
  'CONNECT ',
  'OPTIONS ',
  'TRACE ',
  'PATCH ',
].map(octetsOf);

const http1Response = octetsOf('HTTP/1.');

/**
 * The server's preface is a SETTINGS frame that is no ACK (RFC 9113 section 3.4): its length (taken to be below 256),
 * type, flags and stream; null is any octet.
 */
const settingsHeader = [0, 0, null, frameType.settings, 0, 0, 0, 0, 0];

interface Pattern {
  readonly protocol: Protocol;
  readonly octets: readonly (number | null)[];
}

const patterns: Readonly<Record<Direction, readonly Pattern[]>> = {
  request: [
    { protocol: 'http2', octets: clientPreface },
    ...http1Requests.map((octets): Pattern => ({ protocol: 'http1', octets })),
  ],
  response: [
    { protocol: 'http2', octets: settingsHeader },
    { protocol: 'http1', octets: http1Response },
  ],
};

/** The first octets of one direction of a connection: as few as tell the protocol, decided octet by octet. */
export interface Opening {
  /** Null while more is needed. `head` is what was taken from the input for it, `next` where the rest begins. */
  bytes(bytes: Uint8Array, seen: Seen): OpeningVerdict | null;
  /** Octets taken so far. */
  taken(): number;
}

export interface OpeningVerdict {
  readonly protocol: Protocol;
  readonly head: Uint8Array;
  readonly first: Seen;
  readonly next: number;
}

export const createOpening = (direction: Direction): Opening => {
  let possible = patterns[direction];
  const head = new Uint8Array(clientPreface.length);
  let taken = 0;
  let first: Seen | null = null;

  return {
    bytes(bytes, seen) {
      let at = 0;
      while (at < bytes.length) {
        const octet = bytes[at++] ?? 0;
        const position = taken;
        first ??= seen;
        head[taken++] = octet;
        const stays = ({ octets }: Pattern): boolean =>
          octets[position] === octet || (octets[position] === null && octet % 6 === 0);
        if (!possible.every(stays)) possible = possible.filter(stays);
        const decided = possible.find(({ octets }) => octets.length === taken);
        if (decided !== undefined || possible.length === 0)
          return {
            protocol: decided?.protocol ?? 'other',
            head: head.subarray(0, taken),
            first,
            next: at,
          };
      }
      return null;
    },
    taken: () => taken,
  };
};
