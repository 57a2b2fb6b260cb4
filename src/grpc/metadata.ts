import type { Nanos } from '../foundation/time.ts';

const timeoutUnits: Readonly<Record<string, Nanos>> = {
  H: 3_600_000_000_000n,
  M: 60_000_000_000n,
  S: 1_000_000_000n,
  m: 1_000_000n,
  u: 1_000n,
  n: 1n,
};

/** `grpc-timeout`: up to eight digits and a unit (PROTOCOL-HTTP2.md); null when malformed. Nearly every call has another. */
export const parseTimeout = (text: string): Nanos | null => {
  const digits = text.length - 1;
  const unit = timeoutUnits[text.charAt(digits)];
  if (unit === undefined || digits < 1 || digits > 8) return null;
  let value = 0;
  for (let i = 0; i < digits; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  return BigInt(value) * unit;
};

const traceparentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/** W3C Trace Context section 3.2; of a version newer than 00 the four fields that it has in common. Null when not valid. */
export const parseTraceparent = (text: string): string | null => {
  const found = traceparentForm.exec(text);
  if (found === null) return null;
  const [, version, traceId, parentId, more] = found;
  if (version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (traceId === '0'.repeat(32) || parentId === '0'.repeat(16)) return null;
  return text.slice(0, 55);
};

/** `tracestate` cut to whole list members; null when empty or not printable ASCII. */
export const parseTracestate = (text: string, limit: number): string | null => {
  const list = text.trim();
  if (list === '' || !/^[\t\x20-\x7e]*$/.test(list)) return null;
  if (list.length <= limit) return list;
  const cut = list.lastIndexOf(',', limit);
  return cut > 0 ? list.slice(0, cut) : null;
};

/** Keys of a W3C `baggage` list. What has no `=` may be a value gone astray and is left out. */
export const baggageKeys = (text: string, most: number, longest: number): string[] => {
  const keys: string[] = [];
  for (let at = 0; at < text.length && keys.length < most; ) {
    const comma = text.indexOf(',', at);
    const end = comma < 0 ? text.length : comma;
    const equals = text.indexOf('=', at);
    if (equals >= 0 && equals < end && equals - at <= longest + 2) {
      const key = text.slice(at, equals).trim();
      if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(key) && key.length <= longest) keys.push(key);
    }
    at = end + 1;
  }
  return keys;
};

/** Octets (latin1) of a `grpc-message` that are decoded: more than text of the length that is kept can take. */
const messageOctets = 81_920;

const hexValue = (code: number): number =>
  code >= 48 && code <= 57 ? code - 48 : (code | 32) >= 97 && (code | 32) <= 102 ? (code | 32) - 87 : -1;

/** `grpc-message`: percent-decoded, then UTF-8. A `%` that begins no escape stays (PROTOCOL-HTTP2.md asks for it). */
export const decodeMessage = (latin1: string): string => {
  const text = latin1.length > messageOctets ? latin1.slice(0, messageOctets) : latin1;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: any ASCII but the percent sign
  if (/^[\x00-\x24\x26-\x7f]*$/.test(text)) return text;
  const octets = Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const high = code === 37 && i + 2 < text.length ? hexValue(text.charCodeAt(i + 1)) : -1;
    const low = high >= 0 ? hexValue(text.charCodeAt(i + 2)) : -1;
    if (low >= 0) i += 2;
    octets[length++] = low >= 0 ? high * 16 + low : code;
  }
  return octets.toString('utf8', 0, length);
};
