import type { CriReading } from '../cri/call.ts';
import { noFacts } from '../cri/facts.ts';
import type { CallEnd, CallHead } from '../grpc/event.ts';
import type { HeaderText } from '../http2/event.ts';
import type { Call } from './call.ts';
import type { Caller } from './caller.ts';
import type { Naming } from './inference/inference.ts';
import { methodName, unknownMethod } from './method-name.ts';

/** What is the same for all calls of a connection. */
export interface ConnectionFacts {
  readonly connection: number;
  readonly connectionOrdinal: number;
  readonly endpoint: string;
  readonly client: Omit<Caller, 'userAgent'>;
  readonly server: Call['server'];
}

const noCandidates: readonly string[] = [];

const known = (text: HeaderText | null): string | null => (typeof text === 'string' ? text : null);

/**
 * Where the status itself cannot be read (a table entry that was sent before the observer came, or lost bytes): a unary
 * call is answered by a message or by an error, so one that was answered by a message went well.
 */
const withStatus = (
  result: CallEnd,
  { rpc, service, streaming }: Pick<Call, 'rpc' | 'service' | 'streaming'>,
): CallEnd =>
  result.statusCode === null &&
  result.outcome === 'finished' &&
  result.response.messages > 0 &&
  rpc !== null &&
  service !== null &&
  !streaming
    ? { ...result, status: 'OK', statusCode: 0 }
    : result;

export const assembleCall = (
  connection: ConnectionFacts,
  head: CallHead,
  reading: CriReading | null,
  result: CallEnd,
  naming: Naming | null,
): Call => {
  const path = known(head.path);
  const inferred = path === null ? naming : null;
  const name = path === null ? (inferred ?? unknownMethod) : methodName(path);
  const { pid, pidStart, uid, comm, cgroup } = connection.client;
  const { start } = head;
  const { end } = result;
  // Written out: a literal with spreads in it costs several times as much, and this one is made for every call.
  return {
    connection: connection.connection,
    connectionOrdinal: connection.connectionOrdinal,
    stream: head.stream,
    revision: 0,
    endpoint: connection.endpoint,
    method: name.method,
    rpc: name.rpc,
    service: name.service,
    apiVersion: name.apiVersion,
    methodSource: path !== null ? 'read' : name.rpc === null ? 'unknown' : 'inferred',
    methodConfidence: inferred?.confidence ?? null,
    methodCandidates: inferred?.candidates ?? noCandidates,
    isProbe: false,
    loop: null,
    streaming: name.streaming,
    start: start?.sentAt ?? start?.at ?? null,
    requestSentAt: start?.sentAt ?? null,
    requestReadAt: start?.at ?? null,
    end: end?.at ?? null,
    responseSentAt: end?.sentAt ?? null,
    sentBound: start?.sentBound === true || end?.sentBound === true,
    result: withStatus(result, name),
    timeoutNs: head.timeoutNs,
    caller: { pid, pidStart, uid, comm, cgroup, userAgent: known(head.userAgent) },
    server: connection.server,
    authority: known(head.authority),
    traceparent: head.traceparent,
    tracestate: head.tracestate,
    baggageKeys: head.baggageKeys,
    facts: reading?.facts ?? noFacts,
    identitySource: null,
    operation: null,
    round: null,
    kernel: null,
    unknownFields: reading?.unknownFields ?? 0,
    brokenMessages: reading?.brokenMessages ?? 0,
    full: reading?.full ?? null,
  };
};

/** The same call with a later result; what its messages said is replaced only where they were still being read. */
export const reviseCall = (call: Call, reading: CriReading | null, result: CallEnd): Call => ({
  ...call,
  facts: reading?.facts ?? call.facts,
  unknownFields: reading?.unknownFields ?? call.unknownFields,
  brokenMessages: reading?.brokenMessages ?? call.brokenMessages,
  full: reading === null ? call.full : reading.full,
  result: withStatus(result, call),
  end: result.end?.at ?? null,
  responseSentAt: result.end?.sentAt ?? null,
  sentBound: call.sentBound || result.end?.sentBound === true,
  revision: call.revision + 1,
});

/** The same call under the method that is now believed of it. */
export const renameCall = (call: Call, naming: Naming | null, reading: CriReading | null): Call => {
  const name = naming ?? unknownMethod;
  const { method, rpc, service, apiVersion, streaming } = name;
  return {
    ...call,
    result: withStatus(call.result, name),
    method,
    rpc,
    service,
    apiVersion,
    streaming,
    methodSource: rpc === null ? 'unknown' : 'inferred',
    methodConfidence: naming?.confidence ?? null,
    methodCandidates: naming?.candidates ?? noCandidates,
    // What was read by a name that it lost is no fact.
    facts: reading?.facts ?? (rpc === null && call.rpc !== null ? noFacts : call.facts),
    unknownFields: reading?.unknownFields ?? call.unknownFields,
    brokenMessages: reading?.brokenMessages ?? call.brokenMessages,
    full: reading === null ? call.full : reading.full,
    revision: call.revision + 1,
  };
};
