import type { CriReading } from '../../cri/call.ts';
import { findMethod } from '../../cri/methods.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { CallEnd, CallHead } from '../../grpc/event.ts';
import { streamedTwin, unaryTwin } from '../list-twins.ts';
import type { MethodName } from '../method-name.ts';
import { type Belief, fitsAny, weighCall, weighOdds } from './belief.ts';
import type { Candidate } from './candidates.ts';
import { type Client, learnOf, watchClient } from './clients.ts';
import { createEventStreams } from './event-streams.ts';
import { createGoingOn } from './going-on.ts';
import { createHeaderTable } from './header-table.ts';
import type { InferenceCounters, InferenceLimits } from './limits.ts';
import { createListSigns } from './lists.ts';
import { createPathEntries } from './path-entries.ts';
import { createSampler, type Room, requestId, type Sampler } from './sample.ts';
import { afterOdds, beforeOdds, createStates, kindOdds, silentMethods } from './states.ts';
import { createVersions } from './versions.ts';

/** One call without a path, looked at. */
export interface Look {
  readonly stream: number;
  /** Its headers were not seen: what is taken for its messages may be bytes of anything. */
  readonly headless: boolean;
  readonly belief: Belief;
  /** Null: enough is known of the entry, or the call is no longer of interest. */
  sampler: Sampler | null;
  /** What the call was last reported as. */
  told: Naming | null;
  /** Its messages were decoded. */
  read: boolean;
}

/** A method with its confidence, or, without a method, the few that are left. */
export interface Naming extends MethodName {
  readonly confidence: number | null;
  readonly candidates: readonly string[];
}

/** Names the calls of one connection whose paths were sent before the observer came. */
export interface Inference {
  /** A call began whose path could be read. */
  read(path: string, stream: number): void;
  /** Paths that were read before the first call without one. */
  heard(paths: readonly string[]): void;
  /** `before`: what was kept of its messages already. */
  begin(head: CallHead, before: Sampler | null): Look;
  /** The beginning of a reply was not seen. */
  headless(stream: number): void;
  /** A call is over; what the bytes of one without a path show is weighed. */
  end(look: Look | null, stream: number, result: CallEnd): void;
  /** What the messages of a call say, its path read or inferred. Call after `end`. */
  learn(rpc: string, reading: CriReading, start: Nanos | null, result: CallEnd, isRead: boolean): void;
  /** How the call is to be reported now; null: nothing is known of its method. */
  naming(look: Look): Naming | null;
  /** The method to decode the call by: known, or the same in all that is left. */
  decodedAs(look: Look): Candidate | null;
  /** Keeps the bytes of an ended call, as far as there is room, until it has a name. */
  hold(look: Look): void;
  release(look: Look): void;
  /** Whether names may differ from those that were told; says so once. */
  changed(): boolean;
}

export interface InferenceOptions {
  readonly candidates: readonly Candidate[];
  readonly client: Client;
  readonly clientIsKubelet: boolean;
  readonly endpoint: string;
  readonly limits: InferenceLimits;
  readonly counters: InferenceCounters;
}

const eventStreamConfidence = 0.95;

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export const createInference = (options: InferenceOptions): Inference => {
  const { candidates, client, endpoint, limits, counters } = options;
  const entries = createPathEntries(candidates, client, limits, counters);
  /** Methods of paths that were read. */
  const reads = new Set<string>();
  const versions = createVersions(client, endpoint);
  const states = createStates<Belief>(limits, counters);
  const goingOn = createGoingOn(limits.maxPending);
  const events = createEventStreams();
  const table = createHeaderTable();
  const lists = createListSigns(client, options.clientIsKubelet, table, events);
  const room: Room = { bytes: limits.maxHeldBytes };
  /** Ended calls whose bytes are held for a later name, oldest first. */
  const held = new Set<Look>();
  let seenClient = client.version;
  let isNew = false;

  const news = (any: boolean): void => {
    isNew ||= any;
  };

  /** Also what other connections of the client showed since. */
  const heedClient = (): void => {
    if (seenClient === client.version) return;
    seenClient = client.version;
    entries.concludeAll();
    isNew = true;
  };

  const release = (look: Look): void => {
    look.sampler?.release();
    look.sampler = null;
    held.delete(look);
  };

  /** Half is for the calls to come. */
  const makeRoom = (): void => {
    for (const look of held) {
      if (room.bytes > limits.maxHeldBytes / 2) return;
      release(look);
    }
  };

  const weighId = (look: Look, id: string, result: CallEnd): void => {
    const { belief } = look;
    const kind = states.kindOf(id);
    if (kind !== null) weighOdds(belief, kindOdds(kind));
    const silent = result.response.messages === 1 && result.response.bytes === 0;
    const before = states.stateOf(id);
    if (silent && kind !== null && fitsAny(belief, silentMethods)) {
      if (before !== null) weighOdds(belief, beforeOdds(before, states.isFresh(id)));
      states.touch(id);
      states.acted(id, belief.inferred?.candidate.rpc ?? null);
      const end = result.end?.at ?? null;
      if (end !== null) states.wait({ subject: belief, id, kind, end, before, touched: false });
    } else if (result.response.messages > 0) states.touch(id);
  };

  const same = <Value>(values: readonly Value[]): Value | null => {
    const [first] = values;
    return first === undefined || values.some((value) => value !== first) ? null : first;
  };

  /** What all that are left have in common is known. */
  const undecided = (few: readonly Candidate[]): Naming | null =>
    few.length === 0
      ? null
      : {
          method: null,
          rpc: null,
          service: same(few.map(({ method }) => method.service)),
          apiVersion: same(few.map(({ method }) => versions.of(method))),
          streaming: false,
          confidence: null,
          candidates: few.map(({ rpc }) => rpc),
        };

  return {
    read(path, stream) {
      if (goingOn.follow(stream)) states.lost();
      const found = findMethod(path);
      if (found === null) return;
      goingOn.beginRead(stream, found.rpc);
      entries.sent(found.rpc);
      reads.add(found.rpc);
      news(versions.read(found.service, found.apiVersion));
      // An old release has no streamed lists.
      if (found.apiVersion === 'v1alpha2') learnOf(client, { lists: 'unary' });
    },
    heard(paths) {
      const rpcs: string[] = [];
      for (const path of paths) {
        const found = findMethod(path);
        if (found === null) continue;
        rpcs.push(found.rpc);
        reads.add(found.rpc);
        news(versions.read(found.service, found.apiVersion));
      }
      lists.heard(rpcs);
    },
    begin(head, before) {
      counters.looked += 1;
      const { stream, path } = head;
      if (goingOn.follow(stream)) states.lost();
      if (path !== null && typeof path !== 'string') table.used(path.epoch, head.entries);
      const { belief } = entries.of(head);
      makeRoom();
      const known = belief.inferred !== null && belief.uses >= limits.maxChecks;
      const sampler = before ?? (known ? null : createSampler(limits.maxSampleBytes, room));
      const headless = path === null;
      const look: Look = { stream, headless, belief, sampler, told: null, read: false };
      goingOn.begin(look);
      return look;
    },
    headless(stream) {
      events.replies(stream);
    },
    end(look, stream, result) {
      const at = result.end?.at ?? null;
      if (at !== null) watchClient(client, at);
      if (events.ended(stream, at)) {
        learnOf(client, { hasGates: true });
        isNew = true;
      }
      goingOn.end(stream);
      if (result.lostBytes !== 0) states.lost();
      if (look === null) return;
      const { belief, sampler } = look;
      if (sampler !== null) {
        if (sampler.isShort()) counters.overHeldBytes += 1;
        const { messages } = result.response;
        const request = sampler.sample('request');
        const response = messages > 0 ? sampler.sample('response') : null;
        const unreadable = look.headless || (messages > 0 && response === null);
        if (!unreadable && !sampler.isShort() && (request !== null || response !== null)) {
          const wasContradictory = belief.isContradictory;
          const ok = result.statusCode === 0 && result.outcome === 'finished';
          const replies = result.lostBytes === 0 ? messages : null;
          weighCall(belief, { request, response, replies, ok });
          if (belief.isContradictory && !wasContradictory) counters.contradictions += 1;
        }
        const id = request === null ? null : requestId(request);
        if (id !== null) weighId(look, id, result);
      }
      lists.ended(belief, result);
      // Known for long, it says nothing new.
      if (sampler !== null) {
        lists.weighEntries(entries.current());
        news(entries.conclude(belief));
      }
      // grpc-go says so since 1.51, and kubelets have that since 1.27; v1alpha2 is gone since 1.26.
      if (options.clientIsKubelet && table.acceptsEncodings()) learnOf(client, { isRecent: true });
      heedClient();
    },
    learn(rpc, reading, start, result, isRead) {
      const request = reading.kept.request;
      const response = reading.kept.response[0] ?? null;
      // A silent one without a path waits for what its id becomes, and was counted when it ended.
      if (request !== null && result.response.messages > 0 && (isRead || !silentMethods.has(rpc))) {
        const id = textOf(request.container_id) ?? textOf(request.pod_sandbox_id);
        if (id !== null) {
          states.touch(id);
          if (silentMethods.has(rpc)) states.acted(id, rpc);
        }
      }
      lists.said(rpc, reads.has(rpc), response, result);
      if (rpc === 'Version' && response !== null) news(versions.told(response));
      let any = false;
      const replies = reading.kept.response;
      const isWhole = result.response.messages === replies.length && result.lostBytes === 0;
      for (const { pending, after } of states.learn(
        rpc,
        request,
        replies,
        isWhole,
        start,
        goingOn.mayTouch,
      )) {
        weighOdds(pending.subject, afterOdds(after, pending.touched));
        any = true;
      }
      if (any) news(entries.concludeAll());
      lists.weighChanges(states.changes());
      heedClient();
    },
    naming(look) {
      const { inferred } = look.belief;
      const isEvents = inferred === null && events.has(look.stream) && entries.any();
      const candidate = isEvents
        ? candidates.find(({ rpc }) => rpc === 'GetContainerEvents')
        : inferred?.candidate;
      if (candidate === undefined) return undecided(look.belief.few);
      const { rpc, method } = candidate;
      const { service, streaming } = method;
      const apiVersion = versions.of(method);
      const confidence = inferred?.confidence ?? eventStreamConfidence;
      const path = apiVersion === null ? null : `runtime.${apiVersion}.${service}/${rpc}`;
      return { method: path, rpc, service, apiVersion, streaming, confidence, candidates: [] };
    },
    decodedAs({ belief }) {
      if (belief.inferred !== null) return belief.inferred.candidate;
      if (belief.isContradictory || belief.uses === 0) return null;
      const left = belief.candidates.filter((_, at) => (belief.fits[at] ?? 0) === 1);
      const [one, other] = left;
      if (one === undefined || other === undefined || left.length !== 2) return null;
      return streamedTwin[one.rpc] === other.rpc || unaryTwin[one.rpc] === other.rpc ? one : null;
    },
    hold(look) {
      if (look.sampler !== null) held.add(look);
    },
    release,
    changed() {
      heedClient();
      const was = isNew;
      isNew = false;
      return was;
    },
  };
};
