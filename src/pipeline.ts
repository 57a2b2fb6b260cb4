import type { ConnectionFacts } from './calls/assemble.ts';
import type { Call } from './calls/call.ts';
import { createCallerBook } from './calls/callers.ts';
import type { CensusResult } from './calls/census/census.ts';
import type { ConnectionCalls } from './calls/connection.ts';
import {
  type CallCounters,
  createCallCounters,
  createConnectionCalls,
  defaultConnectionCallLimits,
} from './calls/connection.ts';
import { explainConnection } from './calls/explain-connection.ts';
import type { ConnectionFinding, Finding } from './calls/finding.ts';
import type { Identities } from './calls/identity/identities.ts';
import { createUnidentified } from './calls/identity/unidentified.ts';
import { createInferences } from './calls/inference/inferences.ts';
import { createInferenceCounters, type InferenceCounters } from './calls/inference/limits.ts';
import { createKernelJoin } from './calls/kernel/join.ts';
import { createKernelCounters, type KernelCounters } from './calls/kernel/limits.ts';
import { createStories, createStoryCounters, type StoryCounters } from './calls/stories.ts';
import { createWaitCounters, type WaitCounters } from './calls/waits/limits.ts';
import { createWaits } from './calls/waits/waits.ts';
import { createCriCalls } from './cri/call.ts';
import { type CriCounters, createCriCounters, defaultCriLimits } from './cri/limits.ts';
import { createMemory } from './cri/memory.ts';
import type { CriSchema } from './cri/schema.ts';
import type { Nanos, Seen } from './foundation/time.ts';
import { createGrpcTracker } from './grpc/calls.ts';
import type { GrpcEvent } from './grpc/event.ts';
import { createGrpcCounters, type GrpcCounters } from './grpc/limits.ts';
import type { GrpcTracker } from './grpc/tracker.ts';
import { createHttp2Observer } from './http2/connection.ts';
import type { Http2Event } from './http2/event.ts';
import { createHttp2Counters, type Http2Counters } from './http2/limits.ts';
import type { Http2Observer } from './http2/observer.ts';
import type { Peer, SourceEvent } from './source/event.ts';

export interface PipelineLimits {
  /** Connections watched at once; one that opens beyond it is counted and not decoded. */
  readonly maxConnections: number;
}

export const defaultPipelineLimits: PipelineLimits = { maxConnections: 4096 };

export interface PipelineOptions {
  readonly schema: CriSchema;
  /** Decode whole messages, redacted, for a person who asked. */
  readonly full: boolean;
  readonly limits?: PipelineLimits;
}

export interface PipelineCounters extends StoryCounters {
  readonly source: {
    connections: number;
    openNow: number;
    overConnectionLimit: number;
    bytes: number;
    gapBytes: number;
    refused: number;
    kernelEvents: number;
    /** Events of a connection that was never opened or is closed. */
    strayEvents: number;
  };
  readonly http2: Http2Counters;
  readonly grpc: GrpcCounters;
  readonly cri: CriCounters;
  readonly calls: CallCounters;
  readonly inference: InferenceCounters;
  readonly kernel: KernelCounters;
  readonly waits: WaitCounters;
}

/** Bytes of many connections in, findings out: the decoders of every layer wired together. Synchronous. */
export interface Pipeline {
  push(event: SourceEvent): readonly Finding[];
  /** So late it is, and no event came: what is still waited for may be told. Never before the last event's time. */
  tick(now: Nanos): readonly Finding[];
  /** The input ended: calls still open are reported as in flight. */
  finish(): readonly Finding[];
  /** Who has called so far, by which versions and methods. */
  callers(): CensusResult;
  /** Calls that have not ended, with all that is known of them by now. */
  inFlight(): readonly Call[];
  readonly counters: PipelineCounters;
}

interface WatchedConnection {
  readonly facts: ConnectionFacts;
  readonly identities: Identities;
  readonly http2: Http2Observer;
  readonly grpc: GrpcTracker;
  readonly calls: ConnectionCalls;
  /** A call in flight with all that is known of it by now. */
  readonly snapshot: (stream: number) => Call | null;
  readonly gaps: { bytes: number; revision: number };
  served: boolean;
}

const callerOf = (peer: Peer): ConnectionFacts['client'] => ({
  pid: peer.pid,
  pidStart: peer.pidStart,
  uid: peer.uid,
  comm: peer.comm,
  cgroup: peer.cgroup,
});

const connectionFinding = (
  finding: ConnectionFinding['finding'],
  facts: Pick<ConnectionFacts, 'connection' | 'endpoint' | 'client'>,
  seen: Seen,
  rest: Partial<Pick<ConnectionFinding, 'count' | 'detail' | 'revision'>> = {},
): Finding => {
  const connection = {
    finding,
    connection: facts.connection,
    endpoint: facts.endpoint,
    caller: { ...facts.client, userAgent: null },
    at: seen.at,
    revision: 0,
    count: 1,
    detail: null,
    ...rest,
  };
  return { kind: 'connection', connection: { ...connection, explanation: explainConnection(connection) } };
};

/** One by one: an array that is given another length gives its memory back, and has to ask for it again. */
const empty = (events: unknown[]): void => {
  while (events.length > 0) events.pop();
};

export const createPipeline = (options: PipelineOptions): Pipeline => {
  const limits = options.limits ?? defaultPipelineLimits;
  const connections = new Map<number, WatchedConnection>();
  const callers = createCallerBook();
  const counters: PipelineCounters = {
    source: {
      connections: 0,
      openNow: 0,
      overConnectionLimit: 0,
      bytes: 0,
      gapBytes: 0,
      refused: 0,
      kernelEvents: 0,
      strayEvents: 0,
    },
    http2: createHttp2Counters(),
    grpc: createGrpcCounters(),
    cri: createCriCounters(),
    calls: createCallCounters(),
    inference: createInferenceCounters(),
    kernel: createKernelCounters(),
    waits: createWaitCounters(),
    ...createStoryCounters(),
  };
  const createNamer = createInferences(options.schema, counters.inference);
  const stories = createStories(counters);
  const kernel = createKernelJoin(counters.kernel);
  const waits = createWaits(counters.waits);
  /** What is due at a time comes before what happens then. */
  const dueNow = (): readonly Finding[] => {
    const stories = waits.gate(kernel.due(now), now);
    const operations = waits.due(now);
    return operations.length === 0 ? stories : [...stories, ...operations];
  };
  /** Time of the input. */
  let now: Nanos = 0n;
  const passTime = (at: Nanos, out: Finding[]): void => {
    if (at <= now) return;
    now = at;
    stories.tick(now, out);
    if (out.length > 0) kernel.explain(out, now);
  };
  const memory = createMemory(defaultCriLimits, counters.cri);
  /** The stream of the message that is being read. */
  let reading = 0;
  const beginCri = (connection: number, known: Identities) =>
    createCriCalls({
      full: options.full,
      schema: options.schema,
      counters: counters.cri,
      memory,
      onMessage(rpc, request, response) {
        stories.message({ connection, stream: reading, known }, rpc, request, response);
      },
    });

  const open = (event: Extract<SourceEvent, { kind: 'open' }>, out: Finding[]): void => {
    counters.source.connections += 1;
    if (connections.size >= limits.maxConnections) {
      counters.source.overConnectionLimit += 1;
      return;
    }
    const client = callerOf(event.client);
    const facts: ConnectionFacts = {
      connection: event.connection,
      connectionOrdinal: callers.connected(client),
      endpoint: event.endpoint,
      client,
      server: { pid: event.server.pid, pidStart: event.server.pidStart, comm: event.server.comm },
    };
    const known = stories.identitiesOf(event.endpoint);
    const begin = beginCri(event.connection, known);
    const { maxUnidentified } = defaultConnectionCallLimits;
    const unidentified = createUnidentified(known, maxUnidentified, () => {
      counters.calls.overUnidentified += 1;
    });
    const calls = createConnectionCalls(
      facts,
      begin,
      counters.calls,
      () => createNamer(facts, begin),
      event.joined ? unidentified : null,
    );
    connections.set(event.connection, {
      facts,
      identities: known,
      http2: createHttp2Observer({ joined: event.joined, counters: counters.http2 }),
      grpc: createGrpcTracker({ joined: event.joined, counters: counters.grpc }),
      calls,
      snapshot(stream) {
        const call = calls.snapshot(stream);
        return call === null ? null : { ...call, ...known.complete(call) };
      },
      gaps: { bytes: 0, revision: 0 },
      served: false,
    });
    counters.source.openNow = connections.size;
    stories.opened(facts, event.joined, event.seen.at, out);
    kernel.serves(facts.server.pid);
    if (event.joined) out.push(connectionFinding('joined', facts, event.seen));
  };

  const calls = (watched: WatchedConnection, events: readonly GrpcEvent[], out: Finding[]): void => {
    for (const event of events) {
      const told = out.length;
      if (event.kind === 'message') reading = event.stream;
      watched.calls.event(event, out);
      if (event.kind === 'call_start') stories.began(watched.facts, event.head, watched.calls.likelyRpc);
      stories.told(watched.identities, told, out);
      stories.grpc(watched.facts.connection, event, watched.snapshot, now);
      kernel.grpc(watched.facts.connection, event, watched.snapshot, now);
    }
  };

  /** Of one HTTP/2 event; what it holds is bounded by what one frame can mean. */
  const grpcEvents: GrpcEvent[] = [];
  const frames = (
    watched: WatchedConnection,
    events: readonly Http2Event[],
    seen: Seen,
    out: Finding[],
  ): void => {
    for (const event of events) {
      if (event.kind === 'protocol' && event.protocol !== 'http2') {
        out.push(connectionFinding('not_http2', watched.facts, seen, { detail: event.protocol }));
      } else {
        empty(grpcEvents);
        watched.grpc.event(event, seen, grpcEvents);
        calls(watched, grpcEvents, out);
      }
    }
  };

  const gap = (
    watched: WatchedConnection,
    event: Extract<SourceEvent, { kind: 'gap' }>,
    out: Finding[],
  ): void => {
    counters.source.gapBytes += event.length;
    watched.gaps.bytes += event.length;
    out.push(
      connectionFinding('gap', watched.facts, event.seen, {
        count: watched.gaps.bytes,
        revision: watched.gaps.revision,
        detail: event.direction,
      }),
    );
    watched.gaps.revision += 1;
    frames(watched, watched.http2.gap(event.direction, event.length, event.seen), event.seen, out);
  };

  const close = (connection: number, watched: WatchedConnection, seen: Seen, out: Finding[]): void => {
    connections.delete(connection);
    counters.source.openNow = connections.size;
    calls(watched, watched.grpc.close(seen), out);
    stories.closed(watched.facts, seen.at, out);
  };

  const refused = (event: Extract<SourceEvent, { kind: 'refused' }>, out: Finding[]): void => {
    counters.source.refused += 1;
    connections.delete(event.connection);
    counters.source.openNow = connections.size;
    const client = callerOf(event.client);
    const count = callers.refused(client, event.endpoint);
    out.push(
      connectionFinding(
        'refused',
        { connection: event.connection, endpoint: event.endpoint, client },
        event.seen,
        { count },
      ),
    );
    stories.refused({ connection: event.connection, endpoint: event.endpoint, client }, event.seen.at, out);
  };

  const take = (event: SourceEvent, out: Finding[]): void => {
    switch (event.kind) {
      case 'open':
        open(event, out);
        return;
      case 'refused':
        refused(event, out);
        return;
      case 'kernel':
        counters.source.kernelEvents += 1;
        kernel.event(event.event, event.seen.at);
        stories.kernel(event.event, event.seen.at, out);
        return;
    }
    const watched = connections.get(event.connection);
    if (watched === undefined) {
      counters.source.strayEvents += 1;
      return;
    }
    switch (event.kind) {
      case 'data':
        counters.source.bytes += event.bytes.length;
        if (!watched.served && event.direction === 'response') {
          watched.served = true;
          callers.served(watched.facts.client, watched.facts.endpoint);
        }
        frames(watched, watched.http2.bytes(event.direction, event.bytes, event.seen), event.seen, out);
        return;
      case 'gap':
        gap(watched, event, out);
        return;
      case 'end':
        calls(watched, watched.grpc.end(event.direction, event.seen), out);
        return;
      case 'close':
        close(event.connection, watched, event.seen, out);
        return;
    }
  };

  return {
    push(event) {
      const out: Finding[] = [];
      passTime(event.seen.at, out);
      const due = dueNow();
      take(event, out);
      const found = waits.gate(kernel.gate(out, now), now);
      return due.length === 0 ? found : [...due, ...found];
    },
    tick(at) {
      const out: Finding[] = [];
      passTime(at, out);
      return [...dueNow(), ...waits.gate(kernel.gate(out, now), now)];
    },
    finish() {
      const out: Finding[] = [];
      for (const watched of connections.values()) calls(watched, watched.grpc.finish(), out);
      stories.finish(out);
      connections.clear();
      counters.source.openNow = 0;
      const found = waits.gate([...kernel.gate(out, now), ...kernel.finish(now)], now);
      return [...found, ...waits.finish()];
    },
    callers: stories.callers,
    inFlight: () =>
      [...connections.values()].flatMap(({ calls: of, snapshot }) =>
        [...of.openStreams()].flatMap((stream) => snapshot(stream) ?? []),
      ),
    counters,
  };
};
