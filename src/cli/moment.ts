import { parseDurationMs } from '../config/duration.ts';
import { type Nanos, nanosPerSecond } from '../foundation/time.ts';

/** A point in time as a user gives it: itself, or so long before an end that is not known yet. */
export type Moment =
  | { readonly relative: false; readonly at: Nanos }
  | { readonly relative: true; readonly beforeMs: number };

const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 with up to nine fractional digits, kept to the nanosecond. */
const parseRfc3339 = (text: string): Nanos | null => {
  const [, whole, fraction = '', zone] = rfc3339.exec(text) ?? [];
  const ms = whole === undefined ? Number.NaN : Date.parse(`${whole}${zone}`);
  if (Number.isNaN(ms)) return null;
  return (BigInt(ms) / 1000n) * nanosPerSecond + BigInt(fraction.padEnd(9, '0'));
};

export const parseMoment = (text: string): Moment | null => {
  const beforeMs = parseDurationMs(text);
  if (beforeMs !== null) return { relative: true, beforeMs };
  // The times of captures and of `-o json`: nanoseconds since the epoch.
  if (/^\d{16,20}$/.test(text)) return { relative: false, at: BigInt(text) };
  const at = parseRfc3339(text);
  return at === null ? null : { relative: false, at };
};
