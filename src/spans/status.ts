import type { Call } from '../calls/call.ts';
import type { Span } from './span.ts';

export interface SpanStatus {
  readonly status: Span['status'];
  /** `error.type` of the RPC conventions; null where the operation did not fail. */
  readonly errorType: string | null;
}

/** The codes that are the server's own failure (RPC conventions 1.45); all others the caller brought upon itself. */
const serverErrors = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** HTTP/2 errors by which a server gives up a stream for reasons of its own (gRPC over HTTP/2, "Errors"). */
const serverResets = new Set([
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'FRAME_SIZE_ERROR',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'REFUSED_STREAM',
]);

/** `rpc error: code = NotFound desc = no such container`: the code stands in an attribute already. */
const description = (message: string | null): string | null => {
  const text = message?.replace(/^rpc error: code = \w+ desc = /, '') ?? '';
  return text === '' ? null : text;
};

const unset: SpanStatus = { status: { code: 'unset', message: null }, errorType: null };

const failed = (errorType: string, message: string | null): SpanStatus => ({
  status: { code: 'error', message: description(message) },
  errorType,
});

/** Null: the code was not seen. */
const resetType = (code: string | null): string => (code === null ? 'rst_stream' : `rst_stream.${code}`);

/** A call that ended without a gRPC status; null where that is no failure (yet). */
const causeWithoutStatus = (call: Call): string | null => {
  const { outcome, reset } = call.result;
  if (outcome === 'reset') return reset === null ? '_OTHER' : resetType(reset.code);
  return outcome === 'connection_lost' ? 'connection_lost' : null;
};

/** Every status but OK is an error to the caller. */
export const clientStatus = (call: Call): SpanStatus => {
  const { status, statusMessage } = call.result;
  if (status === 'OK') return unset;
  if (status !== null) return failed(status, statusMessage);
  const cause = causeWithoutStatus(call);
  return cause === null ? unset : failed(cause, statusMessage);
};

export const serverStatus = (call: Call): SpanStatus => {
  const { status, statusMessage, outcome, reset } = call.result;
  if (status !== null) return serverErrors.has(status) ? failed(status, statusMessage) : unset;
  const own =
    outcome === 'reset' && reset?.by === 'server' && reset.code !== null && serverResets.has(reset.code);
  return own ? failed(resetType(reset.code), statusMessage) : unset;
};
