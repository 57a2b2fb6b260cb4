import type { Call } from '../calls/call.ts';
import type { Nanos } from '../foundation/time.ts';

export interface CallTimes {
  readonly client: { readonly start: Nanos; readonly end: Nanos };
  readonly server: { readonly start: Nanos; readonly end: Nanos };
  /** `peers`: writing and reading were seen apart. `observer`: one time per byte, and no wait in the socket is claimed. */
  readonly source: 'peers' | 'observer';
  /** A time lay outside its parent, or before its own start, and was moved. */
  readonly clamped: boolean;
  readonly startKnown: boolean;
}

const within = (time: Nanos, from: Nanos, to: Nanos): Nanos => (time < from ? from : time > to ? to : time);

/**
 * The four times of a call: CLIENT from its write to its read, SERVER from its read to its write, inside it. A call
 * whose start was not seen begins where it was first seen; one in flight ends where the input does. Null when there
 * is no time to tell.
 */
export const timesOfCall = (call: Call, endOfInput: Nanos | null): CallTimes | null => {
  const seenEnd = call.end ?? endOfInput;
  const start = call.start ?? call.result.responseStart?.at ?? call.end ?? null;
  if (seenEnd === null || start === null) return null;
  const end = within(seenEnd, start, seenEnd);
  const serverStart = call.requestSentAt === null ? start : (call.requestReadAt ?? start);
  const serverEnd = call.responseSentAt ?? end;
  const inside = within(serverStart, start, end);
  const server = { start: inside, end: within(serverEnd, inside, end) };
  return {
    client: { start, end },
    server,
    source: call.requestSentAt === null && call.responseSentAt === null ? 'observer' : 'peers',
    clamped: seenEnd < start || server.start !== serverStart || server.end !== serverEnd,
    startKnown: call.start !== null,
  };
};
