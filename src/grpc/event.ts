import type { Direction } from '../foundation/direction.ts';
import type { Nanos, Seen } from '../foundation/time.ts';
import type { HeaderText } from '../http2/event.ts';

/** What the request's headers say. Null: the header was not there (or the block was not seen at all). */
export interface CallHead {
  readonly stream: number;
  /** First byte of the request; null when the call began before the observer could see it. */
  readonly start: Seen | null;
  readonly path: HeaderText | null;
  /**
   * Where the path was sent before the observer came: the numbers of the table entries that the request's fields are,
   * in the order of the fields, the path's first. Empty for all other requests.
   */
  readonly entries: readonly number[];
  readonly authority: HeaderText | null;
  readonly userAgent: HeaderText | null;
  readonly requestEncoding: HeaderText | null;
  /** From `grpc-timeout`; null when absent, unknown or malformed. */
  readonly timeoutNs: Nanos | null;
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  /** Keys of the `baggage` header; values never leave the decoder. */
  readonly baggageKeys: readonly string[];
}

export type Outcome = 'finished' | 'reset' | 'connection_lost' | 'in_flight';

export interface Reset {
  readonly by: 'client' | 'server';
  /** Name of the HTTP/2 error code (RFC 9113 section 7), `CODE_17`-like for one without a name; null: it was not seen. */
  readonly code: string | null;
}

export interface MessageCount {
  /** Complete messages. */
  readonly messages: number;
  /** Payload bytes of complete messages, as on the wire, without the 5-byte prefixes. */
  readonly bytes: number;
}

export interface CallEnd {
  readonly outcome: Outcome;
  /** Last byte of the trailers, the reset or the close; null while in flight. */
  readonly end: Seen | null;
  /** First byte of the response's HEADERS; null when none was seen. */
  readonly responseStart: Seen | null;
  /** gRPC status name, `CODE_17` for a number without one, null when none was seen or it is not known. */
  readonly status: string | null;
  readonly statusCode: number | null;
  /** `grpc-message`, percent-decoded and scrubbed. */
  readonly statusMessage: string | null;
  readonly reset: Reset | null;
  readonly request: MessageCount;
  readonly response: MessageCount;
  readonly responseEncoding: HeaderText | null;
  /** Bytes of this call not seen; null where a loss cannot be apportioned to a call. */
  readonly lostBytes: number | null;
}

export type GrpcEvent =
  | { readonly kind: 'call_start'; readonly head: CallHead }
  /**
   * The request's headers of a call that began without them: a lost frame boundary was found again only after the
   * response had come. The call may have ended by now; a `call_revised` follows then.
   */
  | { readonly kind: 'call_head'; readonly head: CallHead }
  /** A piece of a length-prefixed message. `offset` counts from the payload's first byte, `length` is the whole payload's. An empty message is one piece with no bytes. */
  | {
      readonly kind: 'message';
      readonly stream: number;
      readonly direction: Direction;
      readonly compressed: boolean;
      readonly length: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly last: boolean;
    }
  /** The message in progress will never be complete: bytes of it were lost, it is over the bound, or the stream ended. */
  | { readonly kind: 'message_broken'; readonly stream: number; readonly direction: Direction }
  /** The call is over for both sides. Comes once per call. */
  | { readonly kind: 'call_end'; readonly stream: number; readonly result: CallEnd }
  /** Something of an ended call (a reset after its status, a late request byte) changed the result. */
  | { readonly kind: 'call_revised'; readonly stream: number; readonly result: CallEnd };
