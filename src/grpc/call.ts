import type { Seen } from '../foundation/time.ts';
import type { HeaderText } from '../http2/event.ts';
import type { CallEnd, Outcome, Reset } from './event.ts';
import { createFraming, type Framing } from './framing.ts';
import { statusName } from './status.ts';

/** What is held of a call, and for a while after it: numbers and short texts, never a payload. */
export interface Call {
  readonly stream: number;
  /** Its response was seen first: the request's HEADERS may be among bytes that are still searched for a boundary. */
  awaitsHead: boolean;
  request: Framing;
  readonly response: Framing;
  /** The request's END_STREAM may have gone by unseen: the response's end is then the end of the call. */
  requestEndUnsure: boolean;
  responseStart: Seen | null;
  responseEncoding: HeaderText | null;
  statusSeen: boolean;
  /** The server's last HEADERS were seen and could not be read whole. */
  statusUnread: boolean;
  statusCode: number | null;
  statusMessage: string | null;
  /** When the server ended the stream, or its trailers came. */
  trailers: Seen | null;
  reset: Reset | null;
  resetAt: Seen | null;
  closedAt: Seen | null;
  lostBytes: number | null;
  /** `call_end` was given. */
  over: boolean;
  /** Differs from the result given last. */
  changed: boolean;
}

export const createCall = (stream: number, headed: boolean): Call => ({
  stream,
  awaitsHead: false,
  request: createFraming(!headed),
  response: createFraming(false),
  requestEndUnsure: !headed,
  responseStart: null,
  responseEncoding: null,
  statusSeen: false,
  statusUnread: false,
  statusCode: null,
  statusMessage: null,
  trailers: null,
  reset: null,
  resetAt: null,
  closedAt: null,
  lostBytes: headed ? 0 : null,
  over: false,
  changed: false,
});

/**
 * The request's HEADERS came after all: what follows them is read from its beginning. Whether bytes of the response
 * were lost before it remains unsaid.
 */
export const giveHead = (call: Call): void => {
  call.awaitsHead = false;
  call.request = createFraming(false);
  call.requestEndUnsure = false;
  call.changed = true;
};

/** `length` octets of the call were not seen; null: how many is not known. */
export const loseOf = (call: Call, length: number | null): void => {
  if (length === 0 || call.lostBytes === null) return;
  call.lostBytes = length === null ? null : call.lostBytes + length;
  call.changed = true;
};

/** Nothing more is to be expected of either side, as far as the stream itself tells. */
export const isOver = (call: Call, requestsEnded: boolean): boolean =>
  call.reset !== null ||
  call.closedAt !== null ||
  (call.response.ended && (call.request.ended || call.requestEndUnsure || requestsEnded));

/**
 * A status decides, whatever resets follow it. A server that ends the stream without one has finished the call too,
 * with a status that is not known: the trailers may refer to table entries that the observer never saw. Trailers that
 * could not be read are trailers all the same: grpc-go resets a stream after those of an early error.
 */
const outcomeOf = (call: Call): Outcome => {
  if (call.statusSeen || call.statusUnread) return 'finished';
  if (call.reset !== null) return 'reset';
  if (call.response.ended) return 'finished';
  return call.closedAt === null ? 'in_flight' : 'connection_lost';
};

const endOf = (call: Call, outcome: Outcome): Seen | null => {
  switch (outcome) {
    case 'finished':
      return call.trailers;
    case 'reset':
      return call.resetAt;
    case 'connection_lost':
      return call.closedAt;
    case 'in_flight':
      return null;
  }
};

export const resultOf = (call: Call): CallEnd => {
  const outcome = outcomeOf(call);
  return {
    outcome,
    end: endOf(call, outcome),
    responseStart: call.responseStart,
    status: call.statusCode === null ? null : statusName(call.statusCode),
    statusCode: call.statusCode,
    statusMessage: call.statusMessage,
    reset: call.reset,
    request: { messages: call.request.messages, bytes: call.request.bytes },
    response: { messages: call.response.messages, bytes: call.response.bytes },
    responseEncoding: call.responseEncoding,
    lostBytes: call.lostBytes,
  };
};
