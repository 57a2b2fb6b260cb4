/** gRPC codes that the OTLP specification lets a client try again. RESOURCE_EXHAUSTED only where the server says when. */
const retryable = new Map([
  [1, 'CANCELLED'],
  [4, 'DEADLINE_EXCEEDED'],
  [10, 'ABORTED'],
  [11, 'OUT_OF_RANGE'],
  [14, 'UNAVAILABLE'],
  [15, 'DATA_LOSS'],
]);

const resourceExhausted = 8;

export type Failure =
  | { readonly kind: 'retry'; readonly afterMs: number | null; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

const hourMs = 3_600_000;

/** `retryAfterMs` is what the server's RetryInfo says, null without one. */
export const failureOf = (code: number | null, message: string, retryAfterMs: number | null): Failure => {
  const reason = message === '' ? `gRPC status ${code}` : message;
  const again =
    code !== null && (retryable.has(code) || (code === resourceExhausted && retryAfterMs !== null));
  return again
    ? { kind: 'retry', afterMs: retryAfterMs === null ? null : Math.min(retryAfterMs, hourMs), reason }
    : { kind: 'refused', reason };
};

interface Field {
  readonly number: number;
  /** Of a varint field. */
  readonly value: number;
  /** Of a length-delimited field. */
  readonly bytes: Uint8Array;
}

const empty = new Uint8Array();

const varint = (bytes: Uint8Array, from: number): { value: number; next: number } | null => {
  let value = 0;
  for (let at = from; at < from + 10; at++) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value, next: at + 1 };
  }
  return null;
};

/** The varint and length-delimited fields of a protobuf message, up to the first that cannot be read. */
const fieldsOf = (bytes: Uint8Array): readonly Field[] => {
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    const value = tag === null ? null : varint(bytes, tag.next);
    if (tag === null || value === null) return fields;
    const wireType = tag.value & 7;
    const number = Math.floor(tag.value / 8);
    if (wireType === 0) {
      fields.push({ number, value: value.value, bytes: empty });
      at = value.next;
    } else if (wireType === 2 && value.next + value.value <= bytes.length) {
      at = value.next + value.value;
      fields.push({ number, value: 0, bytes: bytes.subarray(value.next, at) });
    } else return fields;
  }
  return fields;
};

const field = (bytes: Uint8Array, number: number): Field | undefined =>
  fieldsOf(bytes).find((candidate) => candidate.number === number);

/**
 * The delay of the `google.rpc.RetryInfo` among a status's details (`grpc-status-details-bin`:
 * Status.details = 3, Any.type_url = 1, Any.value = 2, RetryInfo.retry_delay = 1, Duration.seconds = 1, .nanos = 2).
 */
export const retryInfoMs = (statusDetails: Uint8Array): number | null => {
  for (const detail of fieldsOf(statusDetails)) {
    if (detail.number !== 3) continue;
    const type = Buffer.from(field(detail.bytes, 1)?.bytes ?? empty).toString('latin1');
    if (!type.endsWith('/google.rpc.RetryInfo')) continue;
    const delay = field(field(detail.bytes, 2)?.bytes ?? empty, 1)?.bytes ?? empty;
    return (field(delay, 1)?.value ?? 0) * 1000 + (field(delay, 2)?.value ?? 0) / 1e6;
  }
  return null;
};

export interface BackoffLimits {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

export const defaultBackoff: BackoffLimits = { initialMs: 1_000, maxMs: 30_000, factor: 2 };

/** Half of the delay is fixed, half is chance: agents of one cluster do not return to their collector in step. */
export const backoffMs = (attempt: number, limits: BackoffLimits, random: () => number): number => {
  const full = Math.min(limits.maxMs, limits.initialMs * limits.factor ** Math.min(attempt, 64));
  return full / 2 + (full / 2) * random();
};
