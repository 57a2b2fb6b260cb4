import { hash } from 'node:crypto';
import type { Call } from '../calls/call.ts';

/** Ids of one call's spans, lower-case hex: 32 digits for the trace, 16 for a span. */
export interface CallIds {
  /** For a call that no trace from the wire claims. */
  readonly traceId: string;
  readonly clientSpanId: string;
  readonly serverSpanId: string;
}

export const notAllZeros = (id: string): string =>
  id.startsWith('0') && /^0+$/.test(id) ? `${id.slice(1)}1` : id;

type NamedCall = Pick<Call, 'caller' | 'connectionOrdinal' | 'stream' | 'start'>;

/** What tells a call from all others: who called whom and where. */
export type CallName = (call: NamedCall) => string;

/**
 * A caller whose pid or start is not known is told from a later one with the same ordinals by the call's start.
 */
export const createCallName = (identity: string): CallName => {
  // Of the last call: most calls come on the connection of the one before.
  let pid: number | null = null;
  let pidStart: bigint | null = null;
  let ordinal = -1;
  let beginning = '';
  return ({ caller, connectionOrdinal, stream, start }) => {
    if (connectionOrdinal !== ordinal || caller.pid !== pid || caller.pidStart !== pidStart) {
      ({ pid, pidStart } = caller);
      ordinal = connectionOrdinal;
      beginning = `${identity}\n${pid}\n${pidStart}\n${ordinal}\n`;
    }
    return pid !== null && pidStart !== null ? `${beginning}${stream}\n` : `${beginning}${stream}\n${start}`;
  };
};

/** The same call of the same input always gets the same ids: one SHA-256, cut into the trace and one span id per role. */
export const idsOfCall = (name: string): CallIds => {
  const digest = hash('sha256', name);
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
