/** The caller's own span, as its `traceparent` header names it (W3C Trace Context, level 1 and later versions). */
export interface SpanParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState: string | null;
  /** The parent lives in another process. */
  readonly isRemote: boolean;
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;
const zeros = /^0+$/;

/** Section 3.3.1.5: at least 512 characters are to be carried; longer ones are not carried at all. */
const traceStateLimit = 512;

const carriedState = (tracestate: string | null): string | null =>
  tracestate !== null && tracestate.length <= traceStateLimit && /^[\x20-\x7e]+$/.test(tracestate)
    ? tracestate
    : null;

/** Null for a header that the specification tells to ignore. */
export const parseTraceparent = (
  traceparent: string | null,
  tracestate: string | null,
): SpanParent | null => {
  const found = traceparent === null ? null : form.exec(traceparent);
  if (found === null) return null;
  const [whole, version = '', traceId = '', spanId = '', flags = ''] = found;
  if (version === 'ff' || zeros.test(traceId) || zeros.test(spanId)) return null;
  if (version === '00' && whole.endsWith('-')) return null;
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 0xff,
    traceState: carriedState(tracestate),
    isRemote: true,
  };
};
