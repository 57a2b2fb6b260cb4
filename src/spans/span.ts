import type { Nanos } from '../foundation/time.ts';

export type AttributeValue = string | number | boolean | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A finished span as plain data, before any exporter's form. Ids are lower-case hex (32 and 16 digits). */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  /** The parent lives in another process (a `traceparent` from the wire). */
  readonly parentIsRemote: boolean;
  readonly traceState: string | null;
  readonly traceFlags: number;
  readonly name: string;
  readonly kind: 'client' | 'server' | 'internal';
  readonly start: Nanos;
  readonly end: Nanos;
  readonly attributes: Attributes;
  readonly status: { readonly code: 'unset' | 'error'; readonly message: string | null };
  readonly events: readonly { readonly name: string; readonly at: Nanos; readonly attributes: Attributes }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: Attributes;
  }[];
  /** Whose span this is; spans of one resource share the object. */
  readonly resource: Attributes;
}
