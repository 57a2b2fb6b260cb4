import { type Direction, opposite } from '../foundation/direction.ts';
import type { Seen } from '../foundation/time.ts';
import { createDirectionDecoder, type DirectionDecoder } from './direction-decoder.ts';
import type { Http2Event, Protocol } from './event.ts';
import { createHttp2Counters, defaultHttp2Limits, type Http2Counters, type Http2Limits } from './limits.ts';
import type { Http2Observer } from './observer.ts';
import { createOpening, type Opening } from './opening.ts';
import { createSession } from './session.ts';

export interface Http2ObserverOptions {
  /** The connection is older than the observer: it is HTTP/2 once frames are found in it. */
  readonly joined: boolean;
  readonly limits?: Http2Limits;
  readonly counters?: Http2Counters;
}

const nothing: readonly Http2Event[] = [];

/**
 * One connection, both directions:
 *
 *     opening  -> frames <-> search       the first octets tell HTTP/2     (after a loss, and when joined,
 *              -> ignored                 or not                            `search` finds a boundary again)
 *
 * Order of events: `protocol` first. A direction that has lost its place by then says `desync` right after it; so
 * on a joined connection both do, and then the one that was found says `resync`.
 */
export const createHttp2Observer = ({
  joined,
  limits = defaultHttp2Limits,
  counters = createHttp2Counters(),
}: Http2ObserverOptions): Http2Observer => {
  const session = createSession(!joined);
  let events: Http2Event[] = [];
  let protocol: Protocol | null = null;
  const emit = (event: Http2Event): void => {
    events.push(event);
  };

  const decoderOf = (direction: Direction): DirectionDecoder =>
    createDirectionDecoder({
      direction,
      limits,
      counters,
      session,
      fromStart: !joined,
      emit,
      onDesync() {
        if (protocol !== null) emit({ kind: 'desync', direction });
      },
      onResync: () => decide('http2'),
      onTableSize: (bytes) => decoders[opposite(direction)].allowTableSize(bytes),
    });
  const decoders: Readonly<Record<Direction, DirectionDecoder>> = {
    request: decoderOf('request'),
    response: decoderOf('response'),
  };
  const openings: Record<Direction, Opening | null> = {
    request: joined ? null : createOpening('request'),
    response: joined ? null : createOpening('response'),
  };

  /** The first to be certain decides. */
  const decide = (decided: Protocol): void => {
    if (protocol !== null) return;
    protocol = decided;
    counters[`${decided}Connections`] += 1;
    emit({ kind: 'protocol', protocol });
    if (protocol !== 'http2') return;
    if (!decoders.request.synced()) emit({ kind: 'desync', direction: 'request' });
    if (!decoders.response.synced()) emit({ kind: 'desync', direction: 'response' });
  };

  /** Returns where the frames begin in the input; null when none do. */
  const open = (direction: Direction, opening: Opening, bytes: Uint8Array, seen: Seen): number | null => {
    const verdict = opening.bytes(bytes, seen);
    if (verdict === null) return null;
    openings[direction] = null;
    const { head, first, next } = verdict;
    decide(verdict.protocol);
    if (protocol !== 'http2') return null;
    // A client's preface is no frame, a server's is.
    if (verdict.protocol !== 'http2') decoders[direction].desync(0);
    else if (direction === 'request') return next;
    decoders[direction].bytes(head, 0, first);
    return next;
  };

  const taken = (): readonly Http2Event[] => {
    if (events.length === 0) return nothing;
    const result = events;
    events = [];
    return result;
  };

  if (joined) {
    decoders.request.desync(0);
    decoders.response.desync(0);
  }

  return {
    bytes(direction, bytes, seen) {
      if (direction === 'request') counters.requestBytes += bytes.length;
      else counters.responseBytes += bytes.length;
      if (protocol === 'http1' || protocol === 'other') return nothing;
      const opening = openings[direction];
      const from = opening === null ? 0 : open(direction, opening, bytes, seen);
      if (from !== null) decoders[direction].bytes(bytes, from, seen);
      return taken();
    },
    gap(direction, length) {
      if (!(length > 0)) return nothing;
      const opening = openings[direction];
      if (protocol === 'http1' || protocol === 'other') {
        counters.lostBytes += length;
        return nothing;
      }
      if (opening === null) decoders[direction].gap(length);
      else {
        openings[direction] = null;
        counters.lostBytes += length;
        decoders[direction].desync(opening.taken() + length);
      }
      return taken();
    },
  };
};
