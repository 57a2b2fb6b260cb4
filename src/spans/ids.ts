import { hash } from 'node:crypto';
import type { Call } from '../calls/call.ts';

/** Ids of one call's spans, lower-case hex: 32 digits for the trace, 16 for a span. */
export interface CallIds {
  /** For a call that no trace from the wire claims. */
  readonly traceId: string;
  readonly clientSpanId: string;
  readonly serverSpanId: string;
}

export const notAllZeros = (id: string): string => (/^0+$/.test(id) ? `${id.slice(1)}1` : id);

/**
 * The same call of the same input always gets the same ids: one SHA-256 over who called whom and where, cut into
 * the trace and one span id per role. A caller whose pid or start is not known is told from a later one with the
 * same ordinals by the call's start.
 */
export const idsOfCall = (
  identity: string,
  call: Pick<Call, 'caller' | 'connectionOrdinal' | 'stream' | 'start'>,
): CallIds => {
  const { pid, pidStart } = call.caller;
  const known = pid !== null && pidStart !== null;
  const digest = hash(
    'sha256',
    `${identity}\n${pid}\n${pidStart}\n${call.connectionOrdinal}\n${call.stream}\n${known ? '' : call.start}`,
  );
  return {
    traceId: notAllZeros(digest.slice(0, 32)),
    clientSpanId: notAllZeros(digest.slice(32, 48)),
    serverSpanId: notAllZeros(digest.slice(48, 64)),
  };
};

/** A name-based id in the form of a UUID (RFC 9562 version 8), stable for the same parts. */
export const uuidOf = (...parts: readonly (string | number | bigint | null)[]): string => {
  const digest = hash('sha256', parts.join('\n'));
  const variant = (8 + (Number.parseInt(digest.charAt(16), 16) & 3)).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-');
};
