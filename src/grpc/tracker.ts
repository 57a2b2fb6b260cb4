import type { Seen } from '../foundation/time.ts';
import type { Http2Event } from '../http2/event.ts';
import type { GrpcEvent } from './event.ts';

/** Turns one connection's HTTP/2 events into gRPC calls. */
export interface GrpcTracker {
  /** What it means goes to the end of `out`: one array serves all events, of which each call has several. */
  event(event: Http2Event, seen: Seen, out: GrpcEvent[]): void;
  /** This direction will carry no more bytes. The end of `response` loses the calls in flight. */
  end(direction: 'request' | 'response', seen: Seen): readonly GrpcEvent[];
  /** The connection closed. */
  close(seen: Seen): readonly GrpcEvent[];
  /** The input ended with the connection open: every open call is reported `in_flight`. */
  finish(): readonly GrpcEvent[];
}
