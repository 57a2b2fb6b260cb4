import { scrubText } from '../foundation/scrub.ts';
import type { HeaderField, HeaderText, Http2Event, UnknownText } from '../http2/event.ts';
import type { CallHead } from './event.ts';
import type { GrpcCounters, GrpcLimits } from './limits.ts';
import { baggageKeys, decodeMessage, parseTimeout, parseTraceparent, parseTracestate } from './metadata.ts';
import { parseStatus } from './status.ts';

export interface RequestHeaders {
  /** False when what was read rules gRPC out. */
  readonly grpc: boolean;
  readonly head: CallHead;
}

export type HeadersEvent = Extract<Http2Event, { kind: 'headers' }>;

export interface ResponseHeaders {
  /** `:status` when it could be read; null in trailers. */
  readonly httpStatus: string | null;
  readonly grpc: boolean;
  readonly encoding: HeaderText | null;
  /** A `grpc-status` field was there, readable or not. */
  readonly statusSeen: boolean;
  /** The stream ended with fields whose names could not all be read: the status may be one of them. */
  readonly statusUnread: boolean;
  readonly statusCode: number | null;
  readonly statusMessage: string | null;
  /** The entry that the status is, where it was sent before the observer came. */
  readonly statusEntry: UnknownText | null;
}

export interface HeaderReader {
  request(event: HeadersEvent): RequestHeaders;
  response(event: HeadersEvent): ResponseHeaders;
}

/** `application/grpc`, `application/grpc+proto`, `application/grpc;...`. */
const isGrpcType = (type: string): boolean =>
  type.startsWith('application/grpc') &&
  (type.length === 16 || type.charAt(16) === '+' || type.charAt(16) === ';');

/** Free text that a client sends with every call, cleaned once as long as it does not change. */
const createCleaned = (limit: number): ((value: HeaderText) => HeaderText) => {
  let raw = '';
  let cleaned = '';
  return (value) => {
    if (typeof value !== 'string') return value;
    if (value !== raw) {
      cleaned = scrubText(value.slice(0, limit));
      // A text over the bound is not kept as a key: it would be held whole.
      raw = value.length > limit ? '' : value;
    }
    return value === '' ? '' : cleaned;
  };
};

/**
 * grpc-go writes `:method`, `:scheme`, `:path` in this order, the first two from the static table. So where all of the
 * third field is unknown it is the path, and its table entry's number stands for one path from then on.
 */
const pathByPosition = (fields: readonly HeaderField[]): HeaderText | null => {
  const third = fields[2];
  if (fields[0]?.name !== ':method' || fields[1]?.name !== ':scheme' || third === undefined) return null;
  return typeof third.name === 'string' || typeof third.value === 'string' ? null : third.value;
};

/**
 * grpc-go begins its trailers with `grpc-status`, and a reply that is nothing else with `:status`, `content-type`,
 * `grpc-status`. Null where that field has a name that was read.
 */
const statusByPosition = (fields: readonly HeaderField[]): HeaderText | null => {
  const field = fields[fields[0]?.name === ':status' ? 2 : 0];
  return field === undefined || typeof field.name === 'string' ? null : field.value;
};

/** Numbers of the fields of which neither name nor value was ever seen. */
const unseenEntries = (fields: readonly HeaderField[]): readonly number[] =>
  fields.flatMap(({ name, value }) =>
    typeof name === 'string' || typeof value === 'string' ? [] : [value.entry],
  );

/** Reads the headers that gRPC defines, and the trace context; all other metadata is left unread. */
export const createHeaderReader = (limits: GrpcLimits, counters: GrpcCounters): HeaderReader => {
  const cleanAuthority = createCleaned(limits.headerText);
  const cleanUserAgent = createCleaned(limits.headerText);
  const bounded = (value: HeaderText): HeaderText =>
    typeof value === 'string' && value.length > limits.headerText ? value.slice(0, limits.headerText) : value;
  /** No gRPC path has a query; one that is there may hold anything. */
  const pathOf = (value: HeaderText): HeaderText => {
    if (typeof value !== 'string' || (!value.includes('?') && !value.includes('#'))) return bounded(value);
    return bounded(value.slice(0, value.search(/[?#]/)));
  };

  const request = ({ stream, first, fields, complete }: HeadersEvent): RequestHeaders => {
    let grpc = true;
    let allNamed = complete;
    let typed = false;
    let path: HeaderText | null = null;
    let authority: HeaderText | null = null;
    let userAgent: HeaderText | null = null;
    let requestEncoding: HeaderText | null = null;
    let timeoutNs: bigint | null = null;
    let traceparent: string | null = null;
    let tracestate: string | null = null;
    let baggage: string[] | null = null;
    for (const { name, value } of fields) {
      if (typeof name !== 'string') {
        allNamed = false;
        // A name sent before the observer came is never sent again; nothing but a traceparent has this form.
        if (traceparent === null && typeof value === 'string' && value.length === 55)
          traceparent = parseTraceparent(value);
        continue;
      }
      switch (name) {
        case ':method':
          if (typeof value === 'string' && value !== 'POST') grpc = false;
          break;
        case ':path':
          path = pathOf(value);
          break;
        case ':authority':
          authority = cleanAuthority(value);
          break;
        case 'content-type':
          typed = true;
          if (typeof value === 'string' && !isGrpcType(value)) grpc = false;
          break;
        case 'user-agent':
          userAgent = cleanUserAgent(value);
          break;
        case 'grpc-encoding':
          requestEncoding = bounded(value);
          break;
        case 'grpc-timeout':
          if (typeof value !== 'string') break;
          timeoutNs = parseTimeout(value);
          if (timeoutNs === null) counters.timeoutsMalformed++;
          break;
        case 'traceparent':
          if (typeof value !== 'string') break;
          traceparent = parseTraceparent(value);
          if (traceparent === null) counters.traceparentsMalformed++;
          break;
        case 'tracestate':
          if (typeof value === 'string')
            tracestate = parseTracestate(
              tracestate === null ? value : `${tracestate},${value}`,
              limits.tracestate,
            );
          break;
        case 'baggage':
          if (typeof value === 'string') {
            baggage ??= [];
            baggage.push(...baggageKeys(value, limits.baggageKeys - baggage.length, limits.baggageKey));
          }
          break;
      }
    }
    path ??= pathByPosition(fields);
    return {
      grpc: grpc && (typed || !allNamed),
      head: {
        stream,
        start: first,
        path,
        entries: path === null || typeof path === 'string' ? noEntries : unseenEntries(fields),
        authority,
        userAgent,
        requestEncoding,
        timeoutNs,
        traceparent,
        tracestate,
        baggageKeys: baggage ?? noKeys,
      },
    };
  };

  const response = ({ fields, endStream, complete }: HeadersEvent): ResponseHeaders => {
    let httpStatus: string | null = null;
    let grpc = true;
    let encoding: HeaderText | null = null;
    let statusSeen = false;
    let statusCode: number | null = null;
    let statusMessage: string | null = null;
    for (const { name, value } of fields) {
      switch (name) {
        case ':status':
          if (typeof value === 'string') httpStatus = value.slice(0, 3);
          break;
        case 'content-type':
          if (typeof value === 'string' && !isGrpcType(value)) grpc = false;
          break;
        case 'grpc-encoding':
          encoding = bounded(value);
          break;
        case 'grpc-status':
          statusSeen = true;
          if (typeof value !== 'string') break;
          statusCode = parseStatus(value);
          if (statusCode === null) counters.statusesMalformed++;
          break;
        case 'grpc-message':
          if (typeof value === 'string') statusMessage = value === '' ? '' : scrubText(decodeMessage(value));
          break;
      }
    }
    const unread = endStream && !statusSeen ? statusByPosition(fields) : null;
    if (typeof unread === 'string') {
      statusCode = parseStatus(unread);
      statusSeen = statusCode !== null;
    }
    const statusEntry = typeof unread === 'string' ? null : unread;
    const statusUnread =
      endStream && !statusSeen && (!complete || fields.some(({ name }) => typeof name !== 'string'));
    return { httpStatus, grpc, encoding, statusSeen, statusUnread, statusCode, statusMessage, statusEntry };
  };

  return { request, response };
};

const noKeys: readonly string[] = [];
const noEntries: readonly number[] = [];
