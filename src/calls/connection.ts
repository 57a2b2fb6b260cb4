import type { CriCall } from '../cri/call.ts';
import { createOpenTable } from '../foundation/open-table.ts';
import type { CallEnd, CallHead, GrpcEvent } from '../grpc/event.ts';
import { assembleCall, type ConnectionFacts, renameCall, reviseCall } from './assemble.ts';
import type { Call } from './call.ts';
import type { Finding } from './finding.ts';
import type { Unidentified } from './identity/unidentified.ts';
import type { Namer } from './inference/namer.ts';
import { createRecentCalls } from './recent-calls.ts';

export interface ConnectionCallLimits {
  /** Calls open at once on one connection. */
  readonly maxOpenCalls: number;
  /** Ended calls kept so that a late reset can still revise them. */
  readonly maxEndedCalls: number;
  /** Ended calls of a joined connection that wait to hear whom they concerned. */
  readonly maxUnidentified: number;
  /** Different paths that are remembered until one cannot be read. */
  readonly maxPathsHeard: number;
}

export const defaultConnectionCallLimits: ConnectionCallLimits = {
  maxOpenCalls: 4096,
  maxEndedCalls: 128,
  maxUnidentified: 512,
  maxPathsHeard: 64,
};

export interface CallCounters {
  started: number;
  ended: number;
  revised: number;
  /** Calls not followed because too many were open on their connection. */
  overOpenLimit: number;
  /** Calls whose method is not in the schema; reported with their path, undecoded. */
  notCri: number;
  methodUnknown: number;
  /** Calls of joined connections whose pod a later reply told. */
  identifiedLater: number;
  /** Calls of joined connections that no longer wait for that, for want of room. */
  overUnidentified: number;
}

export const createCallCounters = (): CallCounters => ({
  started: 0,
  ended: 0,
  revised: 0,
  overOpenLimit: 0,
  notCri: 0,
  methodUnknown: 0,
  identifiedLater: 0,
  overUnidentified: 0,
});

const nothingYet = { messages: 0, bytes: 0 };

/** Of a call that goes on: what its messages say counts, and not how many there are by now. */
const inFlight: CallEnd = {
  outcome: 'in_flight',
  end: null,
  responseStart: null,
  status: null,
  statusCode: null,
  statusMessage: null,
  reset: null,
  request: nothingYet,
  response: nothingYet,
  responseEncoding: null,
  lostBytes: null,
};

interface OpenCall {
  readonly head: CallHead;
  readonly cri: CriCall | null;
}

interface EndedCall {
  readonly call: Call;
  /** Kept only where request bytes may still be on their way: the server answered first. */
  readonly cri: CriCall | null;
}

/** The calls of one connection: gRPC events in, findings out. */
export interface ConnectionCalls {
  event(event: GrpcEvent, out: Finding[]): void;
  /** Streams of calls in flight. */
  openStreams(): Iterable<number>;
  /** Of a call whose path was not seen: the method that it is taken for, or one of those that are left. Null: none is. */
  likelyRpc(stream: number): string | null;
  /** What is known by now of a call in flight; null: there is none on this stream. */
  snapshot(stream: number): Call | null;
}

export const createConnectionCalls = (
  connection: ConnectionFacts,
  beginCri: (path: string) => CriCall | null,
  counters: CallCounters,
  createNamer: () => Namer,
  /** Null: all that calls name was told on this connection, or before it. */
  unidentified: Unidentified | null,
  limits: ConnectionCallLimits = defaultConnectionCallLimits,
): ConnectionCalls => {
  const open = createOpenTable<OpenCall>();
  const { connection: number } = connection;
  const ended = createRecentCalls<EndedCall>(limits.maxEndedCalls);
  /** Only where a path was missing: other connections pay nothing. */
  let namer: Namer | null = null;
  /** Paths that were read before one was missing. */
  const heard = new Set<string>();

  const startCri = (head: CallHead): CriCall | null => {
    if (typeof head.path === 'string') {
      if (namer !== null) namer.read(head.path, head.stream);
      else if (heard.size < limits.maxPathsHeard) heard.add(head.path);
      return beginCri(head.path);
    }
    if (namer === null) {
      namer = createNamer();
      namer.heard([...heard]);
      heard.clear();
    }
    return namer.begin(head);
  };

  const recordOf = (stream: number): OpenCall | EndedCall | undefined =>
    open.get(stream) ?? ended.find(number, stream);

  const begin = (head: CallHead): void => {
    if (open.size >= limits.maxOpenCalls) {
      counters.overOpenLimit += 1;
      return;
    }
    counters.started += 1;
    const cri = startCri(head);
    if (typeof head.path !== 'string') counters.methodUnknown += 1;
    else if (cri === null) counters.notCri += 1;
    open.set(head.stream, { head, cri });
  };

  /** The headers of a call that was begun without them. */
  const lateHead = (head: CallHead): void => {
    const record = ended.find(number, head.stream);
    if (open.get(head.stream) !== undefined) open.set(head.stream, { head, cri: startCri(head) });
    else if (record !== undefined) {
      const cri = typeof head.path === 'string' ? startCri(head) : null;
      const call = assembleCall(connection, head, null, record.call.result, null);
      ended.replace(number, head.stream, { call: { ...call, revision: record.call.revision }, cri });
    }
  };

  const tellAnew = (call: Call, out: Finding[]): void => {
    const record = ended.find(number, call.stream);
    if (record !== undefined) ended.replace(number, call.stream, { call, cri: record.cri });
    namer?.revised(call);
    unidentified?.told(call);
    out.push({ kind: 'call', call });
  };

  /** Calls of which is now known what they were, their paths unseen, or whom they concerned. */
  const revise = (out: Finding[]): void => {
    if (namer === null && unidentified === null) return;
    for (const { call, naming, reading } of namer?.renamed() ?? []) {
      tellAnew(renameCall(call, naming, reading), out);
    }
    for (const call of unidentified?.identified() ?? []) {
      counters.identifiedLater += 1;
      tellAnew({ ...call, revision: call.revision + 1 }, out);
    }
  };

  return {
    openStreams: () => open.keys(),
    likelyRpc(stream) {
      const naming = namer?.naming(stream) ?? null;
      return naming?.rpc ?? naming?.candidates[0] ?? null;
    },
    snapshot(stream) {
      const record = open.get(stream);
      return record === undefined
        ? null
        : assembleCall(
            connection,
            record.head,
            record.cri?.finish() ?? null,
            inFlight,
            namer?.naming(stream) ?? null,
          );
    },
    event(event, out) {
      switch (event.kind) {
        case 'call_start':
          begin(event.head);
          return;
        case 'call_head':
          lateHead(event.head);
          return;
        case 'message':
          recordOf(event.stream)?.cri?.message(event.direction, event);
          return;
        case 'message_broken':
          recordOf(event.stream)?.cri?.broken(event.direction);
          return;
        case 'call_end': {
          const record = open.get(event.stream);
          if (record === undefined) return;
          open.delete(event.stream);
          counters.ended += 1;
          namer?.end(event.stream, event.result);
          const naming = namer?.naming(event.stream) ?? null;
          const reading = record.cri?.finish() ?? null;
          const call = assembleCall(connection, record.head, reading, event.result, naming);
          ended.add(number, event.stream, { call, cri: event.result.reset === null ? null : record.cri });
          out.push({ kind: 'call', call });
          namer?.told(call, reading);
          unidentified?.told(call);
          revise(out);
          return;
        }
        case 'call_revised': {
          const record = ended.find(number, event.stream);
          if (record === undefined) return;
          counters.revised += 1;
          const call = reviseCall(record.call, record.cri?.finish() ?? null, event.result);
          ended.replace(number, event.stream, { call, cri: record.cri });
          out.push({ kind: 'call', call });
          namer?.revised(call);
          unidentified?.told(call);
          return;
        }
      }
    },
  };
};
