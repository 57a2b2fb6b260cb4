import type { CriReading } from '../cri/call.ts';
import { noFacts } from '../cri/facts.ts';
import type { CallEnd, CallHead } from '../grpc/event.ts';
import type { HeaderText } from '../http2/event.ts';
import type { Call, Caller } from './call.ts';
import { methodName, unknownMethod } from './method-name.ts';

/** What is the same for all calls of a connection. */
export interface ConnectionFacts {
  readonly connection: number;
  readonly connectionOrdinal: number;
  readonly endpoint: string;
  readonly client: Omit<Caller, 'userAgent'>;
  readonly server: Call['server'];
}

const known = (text: HeaderText | null): string | null => (typeof text === 'string' ? text : null);

const facts = (
  reading: CriReading | null,
): Pick<Call, 'facts' | 'unknownFields' | 'brokenMessages' | 'full'> => ({
  facts: reading?.facts ?? noFacts,
  unknownFields: reading?.unknownFields ?? 0,
  brokenMessages: reading?.brokenMessages ?? 0,
  full: reading?.full ?? null,
});

const times = (head: CallHead, result: CallEnd) => ({
  start: head.start?.sentAt ?? head.start?.at ?? null,
  requestSentAt: head.start?.sentAt ?? null,
  requestReadAt: head.start?.at ?? null,
  end: result.end?.at ?? null,
  responseSentAt: result.end?.sentAt ?? null,
});

export const assembleCall = (
  connection: ConnectionFacts,
  head: CallHead,
  reading: CriReading | null,
  result: CallEnd,
): Call => {
  const path = known(head.path);
  const name = path === null ? unknownMethod : methodName(path);
  return {
    connection: connection.connection,
    connectionOrdinal: connection.connectionOrdinal,
    stream: head.stream,
    revision: 0,
    endpoint: connection.endpoint,
    ...name,
    methodSource: name.method === null ? 'unknown' : 'read',
    methodConfidence: null,
    ...times(head, result),
    result,
    timeoutNs: head.timeoutNs,
    caller: { ...connection.client, userAgent: known(head.userAgent) },
    server: connection.server,
    authority: known(head.authority),
    traceparent: head.traceparent,
    tracestate: head.tracestate,
    baggageKeys: head.baggageKeys,
    ...facts(reading),
  };
};

/** The same call with a later result; what its messages said is replaced only where they were still being read. */
export const reviseCall = (call: Call, reading: CriReading | null, result: CallEnd): Call => ({
  ...call,
  ...(reading === null ? {} : facts(reading)),
  result,
  end: result.end?.at ?? null,
  responseSentAt: result.end?.sentAt ?? null,
  revision: call.revision + 1,
});
