import type { Span } from './span.ts';

/** A wait of a trace for another call, with both of its ends. */
export interface TracedWait {
  /** The stretch of time itself. */
  readonly wait: Span;
  /** The call that waited; null: none of the trace did, as it had not begun yet. */
  readonly waiter: Span | null;
  /** What was waited for, in this trace or in another one. */
  readonly awaited: { readonly traceId: string; readonly spanId: string };
  /** Its span; null: it is not there, or no longer. */
  readonly call: Span | null;
}
