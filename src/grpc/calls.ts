import type { Direction } from '../foundation/direction.ts';
import type { Seen } from '../foundation/time.ts';
import type { Http2Event } from '../http2/event.ts';
import { type Call, createCall, isOver, resultOf } from './call.ts';
import { createEndedCalls } from './ended.ts';
import type { CallHead, GrpcEvent } from './event.ts';
import {
  breakFraming,
  endFraming,
  type FramingContext,
  interruptFraming,
  loseFraming,
  readFraming,
} from './framing.ts';
import { createHeaderReader } from './headers.ts';
import { createGrpcCounters, defaultGrpcLimits, type GrpcCounters, type GrpcLimits } from './limits.ts';
import { errorName } from './status.ts';
import type { GrpcTracker } from './tracker.ts';

export interface GrpcTrackerOptions {
  readonly limits?: GrpcLimits;
  readonly counters?: GrpcCounters;
  /** The connection existed before the observer did: calls may be under way whose requests were never seen. */
  readonly joined: boolean;
}

type Of<Kind extends Http2Event['kind']> = Extract<Http2Event, { kind: Kind }>;

const nothing: readonly GrpcEvent[] = [];

export const createGrpcTracker = (options: GrpcTrackerOptions): GrpcTracker => {
  const limits = options.limits ?? defaultGrpcLimits;
  const counters = options.counters ?? createGrpcCounters();
  const headers = createHeaderReader(limits, counters);
  const open = new Map<number, Call>();
  /** Open streams that are HTTP/2 but not gRPC, and which of their sides ended. */
  const others = new Map<number, { request: boolean; response: boolean }>();
  const ended = createEndedCalls(limits.endedCalls);
  /** The highest stream that a client's HEADERS opened. Stream numbers only grow (RFC 9113 section 5.1.1). */
  let highest = 0;
  /** Streams may exist whose HEADERS were not seen. */
  let unsure = options.joined;
  let requestsEnded = false;
  let over = false;

  const context = (stream: number, direction: Direction, out: GrpcEvent[]): FramingContext => ({
    stream,
    direction,
    limits,
    counters,
    out,
  });

  const finishCall = (call: Call, out: GrpcEvent[]): void => {
    interruptFraming(call.request, context(call.stream, 'request', out));
    interruptFraming(call.response, context(call.stream, 'response', out));
    call.over = true;
    call.changed = false;
    open.delete(call.stream);
    ended.add(call);
    out.push({ kind: 'call_end', stream: call.stream, result: resultOf(call) });
  };

  /** Ends the call, or revises its end, after anything was learnt of it. */
  const settle = (call: Call, out: GrpcEvent[]): void => {
    if (!call.over) {
      if (isOver(call, requestsEnded)) finishCall(call, out);
      return;
    }
    if (!call.changed) return;
    call.changed = false;
    counters.revisions++;
    out.push({ kind: 'call_revised', stream: call.stream, result: resultOf(call) });
  };

  /** A loss can hide the end of a call for good: the oldest such call makes room for a new one. */
  const makeRoom = (out: GrpcEvent[]): boolean => {
    if (open.size + others.size < limits.openCalls) return true;
    for (const call of open.values()) {
      if (call.lostBytes !== null) continue;
      counters.callsAbandoned++;
      finishCall(call, out);
      return true;
    }
    counters.callsRefused++;
    return false;
  };

  const begin = (call: Call, head: CallHead, out: GrpcEvent[]): Call => {
    counters.calls++;
    open.set(call.stream, call);
    out.push({ kind: 'call_start', head });
    return call;
  };

  /** The call that a frame other than the request's HEADERS belongs to. */
  const callOf = (event: Of<'headers' | 'data' | 'data_lost'>, out: GrpcEvent[]): Call | null => {
    const { stream, direction } = event;
    const known = open.get(stream) ?? ended.find(stream);
    if (known !== undefined) return known;
    if (endOther(stream, direction, event.endStream)) return null;
    if (!unsure || stream % 2 === 0 || !makeRoom(out)) {
      counters.straysIgnored++;
      return null;
    }
    counters.callsWithoutHead++;
    // A response that begins before our eyes is whole, though its request is not.
    const responseWhole = direction === 'response' && event.kind === 'headers' && isBeginning(event);
    return begin(createCall(stream, { headed: false, responseWhole }), headless(stream), out);
  };

  const endOther = (stream: number, direction: Direction, endStream: boolean): boolean => {
    const other = others.get(stream);
    if (other === undefined) return false;
    if (endStream) other[direction] = true;
    if (other.request && other.response) others.delete(stream);
    return true;
  };

  const requestHeaders = (event: Of<'headers'>, out: GrpcEvent[]): void => {
    const { stream } = event;
    const known = open.get(stream) ?? (stream <= highest || unsure ? ended.find(stream) : undefined);
    if (known !== undefined) {
      // gRPC has no request trailers; what an END_STREAM on them says holds all the same.
      counters.headersMisplaced++;
      if (event.endStream) endFraming(known.request, context(stream, 'request', out));
      settle(known, out);
      return;
    }
    if (endOther(stream, 'request', event.endStream)) return;
    if (stream % 2 === 0 || (stream <= highest && !unsure)) {
      counters.headersMisplaced++;
      return;
    }
    highest = Math.max(highest, stream);
    const { grpc, ...head } = headers.request(event.fields, event.complete);
    if (!makeRoom(out)) return;
    if (!grpc) {
      counters.notGrpc++;
      others.set(stream, { request: event.endStream, response: false });
      return;
    }
    const call = createCall(stream, { headed: true, responseWhole: true });
    begin(call, { stream, start: event.first, ...head }, out);
    if (event.endStream) call.request.ended = true;
  };

  const responseHeaders = (event: Of<'headers'>, seen: Seen, out: GrpcEvent[]): void => {
    if (event.stream % 2 === 0 && open.size === 0) {
      counters.straysIgnored++;
      return;
    }
    const read = headers.response(event.fields);
    if (read.httpStatus?.startsWith('1') && !event.endStream) return;
    if (
      !read.grpc &&
      !open.has(event.stream) &&
      !others.has(event.stream) &&
      unsure &&
      !ended.find(event.stream)
    ) {
      counters.notGrpc++;
      if (!event.endStream && makeRoom(out)) others.set(event.stream, { request: true, response: false });
      return;
    }
    const call = callOf(event, out);
    if (call === null) return;
    if (call.response.ended) {
      counters.headersMisplaced++;
      return;
    }
    call.changed = true;
    if (read.httpStatus !== null || !event.endStream) call.responseStart ??= event.first;
    call.responseEncoding ??= read.encoding;
    if (read.statusSeen && !call.statusSeen) {
      call.statusSeen = true;
      call.statusCode = read.statusCode;
      call.statusMessage = read.statusMessage;
      call.trailers = seen;
    }
    if (event.endStream) endResponse(call, seen, out);
    settle(call, out);
  };

  const endResponse = (call: Call, seen: Seen, out: GrpcEvent[]): void => {
    if (call.statusCode === null) counters.statusesUnknown++;
    endFraming(call.response, context(call.stream, 'response', out));
    call.trailers ??= seen;
  };

  const data = (event: Of<'data' | 'data_lost'>, seen: Seen, out: GrpcEvent[]): void => {
    const { direction, stream } = event;
    const call = callOf(event, out);
    if (call === null) return;
    const framing = call[direction];
    if (framing.ended) {
      counters.straysIgnored++;
      return;
    }
    const before = framing.messages;
    if (event.kind === 'data') readFraming(framing, event.bytes, context(stream, direction, out));
    else if (event.length > 0) {
      loseFraming(framing, event.length, context(stream, direction, out));
      if (call.lostBytes !== null) call.lostBytes += event.length;
      call.changed = true;
    }
    if (framing.messages !== before) call.changed = true;
    if (event.endStream) {
      call.changed = true;
      if (direction === 'response') endResponse(call, seen, out);
      else endFraming(framing, context(stream, direction, out));
    }
    settle(call, out);
  };

  const rstStream = (event: Of<'rst_stream'>, seen: Seen, out: GrpcEvent[]): void => {
    if (others.delete(event.stream)) return;
    const call = open.get(event.stream) ?? ended.find(event.stream);
    if (call === undefined) {
      counters.straysIgnored++;
      return;
    }
    call.reset = {
      by: event.direction === 'request' ? 'client' : 'server',
      code: errorName(event.errorCode),
    };
    call.resetAt ??= seen;
    call.changed = true;
    settle(call, out);
  };

  /** Any frame of any stream may have been in the bytes that were not decoded. */
  const desync = (direction: Direction, out: GrpcEvent[]): void => {
    unsure = true;
    const touch = (call: Call): void => {
      if (call[direction].ended) return;
      if (call.lostBytes !== null) call.changed = true;
      call.lostBytes = null;
      if (direction === 'request') call.requestEndUnsure = true;
      breakFraming(call[direction], context(call.stream, direction, out));
      settle(call, out);
    };
    for (const call of ended.all()) touch(call);
    for (const call of [...open.values()]) touch(call);
  };

  const take = (event: Http2Event, seen: Seen, out: GrpcEvent[]): void => {
    switch (event.kind) {
      case 'headers':
        if (event.direction === 'request') requestHeaders(event, out);
        else responseHeaders(event, seen, out);
        break;
      case 'data':
      case 'data_lost':
        data(event, seen, out);
        break;
      case 'rst_stream':
        rstStream(event, seen, out);
        break;
      case 'goaway':
        // Streams above `lastStream` may still be answered by their RST_STREAM, or by the close.
        counters.goaways++;
        break;
      case 'desync':
        desync(event.direction, out);
        break;
      case 'protocol':
      case 'resync':
        break;
    }
  };

  const loseAll = (seen: Seen, out: GrpcEvent[]): void => {
    for (const call of [...open.values()]) {
      call.closedAt = seen;
      settle(call, out);
    }
  };

  return {
    event(event, seen) {
      if (over) return nothing;
      const out: GrpcEvent[] = [];
      take(event, seen, out);
      return out;
    },
    end(direction, seen) {
      if (over) return nothing;
      const out: GrpcEvent[] = [];
      if (direction === 'response') loseAll(seen, out);
      else {
        requestsEnded = true;
        for (const call of [...open.values()]) settle(call, out);
      }
      return out;
    },
    close(seen) {
      if (over) return nothing;
      over = true;
      const out: GrpcEvent[] = [];
      loseAll(seen, out);
      return out;
    },
    finish() {
      if (over) return nothing;
      over = true;
      const out: GrpcEvent[] = [];
      for (const call of [...open.values()]) finishCall(call, out);
      return out;
    },
  };
};

/** A response's first block has a `:status`; trailers have none, except where they are all there is. */
const isBeginning = (event: Of<'headers'>): boolean => event.fields.some((field) => field.name === ':status');

const headless = (stream: number): CallHead => ({
  stream,
  start: null,
  path: null,
  authority: null,
  userAgent: null,
  requestEncoding: null,
  timeoutNs: null,
  traceparent: null,
  tracestate: null,
  baggageKeys: [],
});
