import type { Direction } from '../foundation/direction.ts';
import { createOpenTable } from '../foundation/open-table.ts';
import type { Nanos, Seen } from '../foundation/time.ts';
import type { Http2Event } from '../http2/event.ts';
import { type Call, createCall, giveHead, isOver, loseOf, resultOf } from './call.ts';
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
import { createStatusEntries } from './status-entries.ts';
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
  const open = createOpenTable<Call>();
  /** Open streams that are HTTP/2 but not gRPC, and which of their sides ended. */
  const others = new Map<number, { request: boolean; response: boolean }>();
  const statuses = createStatusEntries();
  const ended = createEndedCalls(limits.endedCalls);
  /** The highest stream that a client's HEADERS opened. Stream numbers only grow (RFC 9113 section 5.1.1). */
  let highest = 0;
  /** Streams may exist whose HEADERS were not seen. */
  let unsure = options.joined;
  /** Frame boundaries of the responses are lost for now: what belongs to a call that begins may go by unseen. */
  let responsesOutOfStep = false;
  /** When they were found again. Requests that were sent before may be found later still. */
  let responsesBackAt: Nanos | null = null;
  /** Likewise of the requests: what is answered meanwhile may be of a call whose beginning is found later. */
  let requestsOutOfStep = false;
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

  /** A loss can hide the end of a stream for good: the oldest that it may have hidden makes room for a new one. */
  const makeRoom = (out: GrpcEvent[]): boolean => {
    if (open.size + others.size < limits.openCalls) return true;
    for (const call of open.values()) {
      if (call.lostBytes !== null) continue;
      counters.callsAbandoned++;
      finishCall(call, out);
      return true;
    }
    const [other] = unsure ? others.keys() : [];
    if (other !== undefined) return others.delete(other);
    counters.callsRefused++;
    return false;
  };

  const begin = (call: Call, head: CallHead, out: GrpcEvent[]): Call => {
    counters.calls++;
    open.set(call.stream, call);
    out.push({ kind: 'call_start', head });
    return call;
  };

  const find = (stream: number): Call | undefined => open.get(stream) ?? ended.find(stream);

  /** The call of a frame whose request's HEADERS were not seen. `grpc` is false where the frame rules gRPC out. */
  const adopt = (
    event: Of<'headers' | 'data' | 'data_lost' | 'rst_stream'>,
    grpc: boolean,
    out: GrpcEvent[],
  ): Call | null => {
    const { stream, direction } = event;
    const endStream = event.kind !== 'rst_stream' && event.endStream;
    if (endOther(stream, direction, endStream)) return null;
    if (!unsure || stream % 2 === 0) {
      counters.straysIgnored++;
      return null;
    }
    if (!makeRoom(out)) return null;
    highest = Math.max(highest, stream);
    if (!grpc) {
      counters.notGrpc++;
      if (!endStream) others.set(stream, { request: true, response: false });
      return null;
    }
    counters.callsWithoutHead++;
    const call = createCall(stream, false);
    call.awaitsHead = direction === 'response';
    return begin(call, headless(stream), out);
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
    const known = stream > highest ? undefined : find(stream);
    if (known?.awaitsHead) {
      const { grpc, head } = headers.request(event);
      if (!grpc) return;
      counters.headsLate++;
      giveHead(known);
      if (event.endStream) endFraming(known.request, context(stream, 'request', out));
      out.push({ kind: 'call_head', head });
      settle(known, out);
      return;
    }
    if (known !== undefined) {
      // gRPC has no request trailers; what an END_STREAM on them says holds all the same.
      counters.headersMisplaced++;
      loseOf(known, event.lost);
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
    const { grpc, head } = headers.request(event);
    if (!makeRoom(out)) return;
    if (!grpc) {
      counters.notGrpc++;
      others.set(stream, { request: event.endStream, response: false });
      return;
    }
    const call = createCall(stream, true);
    if (responsesOutOfStep) call.lostBytes = null;
    else if (responsesBackAt !== null) {
      if (event.first.at <= responsesBackAt) call.lostBytes = null;
      else responsesBackAt = null;
    }
    loseOf(call, event.lost);
    begin(call, head, out);
    if (event.endStream) call.request.ended = true;
  };

  const responseHeaders = (event: Of<'headers'>, seen: Seen, out: GrpcEvent[]): void => {
    const read = headers.response(event);
    if (read.httpStatus?.startsWith('1') && !event.endStream) return;
    const call = find(event.stream) ?? adopt(event, read.grpc, out);
    if (call === null) return;
    if (call.response.ended) {
      counters.headersMisplaced++;
      return;
    }
    call.changed = true;
    loseOf(call, event.lost);
    if (read.httpStatus !== null || !event.endStream) call.responseStart ??= event.first;
    call.responseEncoding ??= read.encoding;
    const { statusEntry } = read;
    const inferred = statusEntry && statuses.codeOf(statusEntry, call.response.messages > 0);
    if ((read.statusSeen || inferred !== null) && !call.statusSeen) {
      call.statusSeen = true;
      call.statusCode = read.statusCode ?? inferred;
      call.statusMessage = read.statusMessage;
      call.trailers = seen;
    }
    if (read.statusUnread) call.statusUnread = true;
    if (event.endStream) endResponse(call, seen, out);
    settle(call, out);
  };

  const endResponse = (call: Call, seen: Seen, out: GrpcEvent[]): void => {
    if (call.statusCode === null) counters.statusesUnknown++;
    endFraming(call.response, context(call.stream, 'response', out));
    call.trailers ??= seen;
    call.changed = true;
  };

  const data = (event: Of<'data' | 'data_lost'>, seen: Seen, out: GrpcEvent[]): void => {
    const { direction, stream } = event;
    const call = find(stream) ?? adopt(event, true, out);
    if (call === null) return;
    const framing = call[direction];
    if (framing.ended) {
      counters.straysIgnored++;
      return;
    }
    const before = framing.messages;
    // Without the HEADERS before it this is not known to be the response's first DATA.
    if (direction === 'response' && call.responseStart === null)
      breakFraming(framing, context(stream, direction, out));
    if (event.kind === 'data') readFraming(framing, event.bytes, context(stream, direction, out));
    else if (event.length > 0) {
      loseFraming(framing, event.length, context(stream, direction, out));
      loseOf(call, event.length);
    }
    if (framing.messages !== before) call.changed = true;
    if (event.endStream) {
      if (direction === 'request') endFraming(framing, context(stream, direction, out));
      else endResponse(call, seen, out);
    }
    settle(call, out);
  };

  /** A side that reset a stream sends nothing more on it. */
  const hasReset = ({ reset }: Call, direction: Direction): boolean =>
    reset?.by === (direction === 'request' ? 'client' : 'server');

  const rstStream = (event: Of<'rst_stream'>, seen: Seen, out: GrpcEvent[]): void => {
    if (others.delete(event.stream)) return;
    // One that nothing is known of is over, or its request is still searched for.
    const call = find(event.stream) ?? (requestsOutOfStep ? adopt(event, true, out) : null);
    if (call === null) {
      if (!requestsOutOfStep) counters.straysIgnored++;
      return;
    }
    call.reset = {
      by: event.direction === 'request' ? 'client' : 'server',
      code: event.errorCode === null ? null : errorName(event.errorCode),
    };
    loseOf(call, event.lost);
    call.resetAt ??= seen;
    call.changed = true;
    settle(call, out);
  };

  /** Any frame of any stream may have been in the bytes that were not decoded. */
  const desync = (direction: Direction, out: GrpcEvent[]): void => {
    unsure = true;
    for (const call of ended.all()) {
      if (call[direction].ended || hasReset(call, direction)) continue;
      // What comes late of such a call cannot be counted any more.
      call[direction].broken = true;
      loseOf(call, null);
      settle(call, out);
    }
    for (const call of [...open.values()]) {
      // Behind a side's last message there may have been its reset.
      loseOf(call, null);
      if (call[direction].ended) continue;
      if (direction === 'request') call.requestEndUnsure = true;
      // A response that begins after the loss is whole.
      if (direction === 'request' || call.responseStart !== null)
        breakFraming(call[direction], context(call.stream, direction, out));
      settle(call, out);
    }
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
        if (event.direction === 'response') responsesOutOfStep = true;
        else requestsOutOfStep = true;
        desync(event.direction, out);
        break;
      case 'resync':
        if (event.direction === 'request') requestsOutOfStep = false;
        else {
          responsesOutOfStep = false;
          responsesBackAt = seen.at;
        }
        break;
      case 'protocol':
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
    event(event, seen, out) {
      if (!over) take(event, seen, out);
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

const headless = (stream: number): CallHead => ({
  stream,
  start: null,
  path: null,
  entries: [],
  authority: null,
  userAgent: null,
  requestEncoding: null,
  timeoutNs: null,
  traceparent: null,
  tracestate: null,
  baggageKeys: [],
});
