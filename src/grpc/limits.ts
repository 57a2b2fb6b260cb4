/** Bounds of what one connection's tracker holds. */
export interface GrpcLimits {
  /** Calls open at once. A real client has a few; `crictl` reached 182 streams on one connection, one after another. */
  readonly openCalls: number;
  /** Calls over already that late facts (a reset, bytes in flight) may still revise. */
  readonly endedCalls: number;
  /** Payload bytes of one message. CRI-O sends up to 80 MiB. Nothing of that size is ever held: a larger message is not passed on. */
  readonly messageBytes: number;
  /** Characters kept of a path, authority, user agent or encoding. */
  readonly headerText: number;
  /** Characters of `tracestate` (W3C Trace Context section 3.3.1.5 asks for 512). */
  readonly tracestate: number;
  readonly baggageKeys: number;
  readonly baggageKey: number;
}

export const defaultGrpcLimits: GrpcLimits = {
  openCalls: 4_096,
  endedCalls: 128,
  messageBytes: 80 * 1024 * 1024,
  headerText: 1_024,
  tracestate: 512,
  baggageKeys: 64,
  baggageKey: 128,
};

/** What the tracker met; the second half is what it could not use. */
export interface GrpcCounters {
  calls: number;
  /** Calls whose request headers were not seen. */
  callsWithoutHead: number;
  /** Of these, those whose headers were found after the response had begun. */
  headsLate: number;
  /** Requests and responses of HTTP/2 that are not gRPC. */
  notGrpc: number;
  messages: number;
  goaways: number;
  revisions: number;

  /** Calls not followed because `openCalls` were open. */
  callsRefused: number;
  /** Open calls given up to make room: a loss hid their end. */
  callsAbandoned: number;
  /** Messages over `messageBytes`. */
  messagesTooLarge: number;
  /** Messages that lost bytes, or that their stream's end cut short. */
  messagesBroken: number;
  /** Directions of a stream whose length prefix made no sense. */
  prefixesMalformed: number;
  /** Frames of streams that nothing is known about: over long ago, never opened, refused, or server-initiated. */
  straysIgnored: number;
  /** Header blocks where HTTP/2 or gRPC has no place for one. */
  headersMisplaced: number;
  timeoutsMalformed: number;
  traceparentsMalformed: number;
  /** Trailers whose `grpc-status` is not a number. */
  statusesMalformed: number;
  /** Trailers in which no `grpc-status` could be read: unknown text, a block cut short, or none there. */
  statusesUnknown: number;
}

export const createGrpcCounters = (): GrpcCounters => ({
  calls: 0,
  callsWithoutHead: 0,
  headsLate: 0,
  notGrpc: 0,
  messages: 0,
  goaways: 0,
  revisions: 0,
  callsRefused: 0,
  callsAbandoned: 0,
  messagesTooLarge: 0,
  messagesBroken: 0,
  prefixesMalformed: 0,
  straysIgnored: 0,
  headersMisplaced: 0,
  timeoutsMalformed: 0,
  traceparentsMalformed: 0,
  statusesMalformed: 0,
  statusesUnknown: 0,
});
