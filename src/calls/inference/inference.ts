import type { CriReading } from '../../cri/call.ts';
import type { Kept } from '../../cri/kept.ts';
import { type CriMethod, findMethod } from '../../cri/methods.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { CallEnd, CallHead } from '../../grpc/event.ts';
import type { MethodName } from '../method-name.ts';
import { type Belief, conclude, createBelief, fitsAny, weighCall, weighOdds } from './belief.ts';
import type { Candidate } from './candidates.ts';
import { type Client, learnOf, twinOdds, watchClient } from './clients.ts';
import { createEventStreams } from './event-streams.ts';
import { createHeaderTable } from './header-table.ts';
import type { InferenceCounters, InferenceLimits } from './limits.ts';
import { createListSigns } from './lists.ts';
import { streamedTwin, unaryTwin } from './rules.ts';
import { createSampler, type Room, type Sampler } from './sample.ts';
import { afterOdds, beforeOdds, createStates, kindOdds, silentMethods } from './states.ts';
import { provenVersions } from './versions.ts';

/** One call without a path, looked at. */
export interface Look {
  readonly stream: number;
  readonly belief: Belief;
  /** Null: enough is known of the entry, or the call is no longer of interest. */
  sampler: Sampler | null;
  /** The RPC and the version that the call was last reported under. */
  told: string | null;
  apiVersion: 'v1' | 'v1alpha2' | null;
  /** Its messages were decoded. */
  read: boolean;
}

export type Naming = MethodName & { readonly confidence: number };

/** Names the calls of one connection whose paths were sent before the observer came. */
export interface Inference {
  /** A call began whose path could be read. */
  read(path: string): void;
  /** `before`: what was kept of its messages already. */
  begin(head: CallHead, before: Sampler | null): Look;
  /** The beginning of a reply was not seen. */
  headless(stream: number): void;
  /** A call is over; what the bytes of one without a path show is weighed. */
  end(look: Look | null, stream: number, result: CallEnd): void;
  /** What the messages of a call say, its path read or inferred. Call after `end`. */
  learn(rpc: string, reading: CriReading, start: Nanos | null, result: CallEnd, isRead: boolean): void;
  /** How the call is to be reported now. */
  naming(look: Look): Naming | null;
  /** The method to decode the call by: known, or the same in all that is left. */
  decodedAs(look: Look): Candidate | null;
  /** Keeps the bytes of an ended call, as far as there is room, until it has a name. */
  hold(look: Look): void;
  release(look: Look): void;
  /** Whether names may differ from those that were told; says so once. */
  changed(): boolean;
}

interface Entry {
  readonly belief: Belief;
  readonly epoch: number;
  readonly number: number;
  lastUse: number;
}

export interface InferenceOptions {
  readonly candidates: readonly Candidate[];
  readonly client: Client;
  readonly clientIsKubelet: boolean;
  readonly endpoint: string;
  readonly limits: InferenceLimits;
  readonly counters: InferenceCounters;
}

/** Two entries of one table hold different paths. */
const namedTwice = 0.02;
/** A path that is sent in full was not in the table; entries used after that hold others. */
const sentInFull = 0.001;
const eventStreamConfidence = 0.95;

/** The id that a request begins with: field 1, 64 hexadecimal digits. */
const idOf = (bytes: Uint8Array): string | null =>
  bytes[0] === 0x0a && bytes[1] === 64 && bytes.length >= 66
    ? Buffer.from(bytes.buffer, bytes.byteOffset + 2, 64).toString('latin1')
    : null;

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export const createInference = (options: InferenceOptions): Inference => {
  const { candidates, client, endpoint, limits, counters } = options;
  const entries = new Map<string, Entry>();
  const reads = new Map<string, number>();
  const versions = new Map<string, 'v1' | 'v1alpha2'>();
  const states = createStates<Belief>(limits, counters);
  const events = createEventStreams();
  const table = createHeaderTable();
  const lists = createListSigns(client, options.clientIsKubelet, table, events);
  const room: Room = { bytes: limits.maxHeldBytes };
  /** Ended calls whose bytes are held for a later name, oldest first. */
  const held = new Set<Look>();
  let clock = 0;
  let epoch = 0;
  let seenClient = client.version;
  let isNew = false;

  const entryOf = (head: CallHead): Entry => {
    if (head.path === null || typeof head.path === 'string') {
      return { belief: createBelief(candidates), epoch, number: 0, lastUse: clock };
    }
    epoch = head.path.epoch;
    const number = head.path.entry;
    table.used(epoch, head.entries);
    const key = `${epoch} ${number}`;
    const entry = entries.get(key) ?? { belief: createBelief(candidates), epoch, number, lastUse: clock };
    entries.delete(key);
    entries.set(key, entry);
    if (entries.size > limits.maxEntries) {
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
      counters.overEntries += 1;
    }
    entry.lastUse = clock;
    return entry;
  };

  const concludeOne = (belief: Belief, entry: Entry | null): boolean =>
    conclude(belief, ({ rpc }) => {
      let odds = twinOdds(client, rpc);
      if (entry === null) return odds;
      if ((reads.get(rpc) ?? Number.POSITIVE_INFINITY) < entry.lastUse) odds *= sentInFull;
      for (const other of entries.values()) {
        if (other === entry || other.epoch !== entry.epoch) continue;
        if (other.belief.inferred?.candidate.rpc === rpc) odds *= namedTwice;
      }
      return odds;
    });

  const entryWith = (belief: Belief): Entry | null => {
    for (const entry of entries.values()) if (entry.belief === belief) return entry;
    return null;
  };

  /** What one entry is named bears on the others. */
  const concludeAll = (): void => {
    seenClient = client.version;
    for (let round = 0; round < 4; round++) {
      let any = false;
      for (const entry of entries.values()) any = concludeOne(entry.belief, entry) || any;
      if (!any) return;
      isNew = true;
    }
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
      const end = result.end?.at ?? null;
      if (end !== null) states.wait({ subject: belief, id, kind, end, before, touched: false });
    } else if (result.response.messages > 0) states.touch(id);
  };

  /** What was read of paths holds; this fills in what was not. */
  const learnVersions = (response: Kept): void => {
    for (const [service, version] of provenVersions(response)) {
      if (service === 'ImageService') learnOf(client, { imageVersion: { endpoint, version } });
      if (versions.has(service)) continue;
      versions.set(service, version);
      isNew = true;
    }
  };

  const versionOf = ({ service, inV1alpha2 }: CriMethod): 'v1' | 'v1alpha2' | null => {
    if (!inV1alpha2) return 'v1';
    const image = service === 'ImageService' && client.imageVersion?.endpoint === endpoint;
    return versions.get(service) ?? (image ? (client.imageVersion?.version ?? null) : null);
  };

  function* current(): Generator<Entry> {
    for (const entry of entries.values()) if (entry.epoch === epoch) yield entry;
  }

  return {
    read(path) {
      const found = findMethod(path.startsWith('/') ? path.slice(1) : path);
      clock += 1;
      if (found === null || reads.has(found.rpc)) return;
      reads.set(found.rpc, clock);
      if (!versions.has(found.service)) isNew = true;
      versions.set(found.service, found.apiVersion);
      // An old release has no streamed lists.
      if (found.apiVersion === 'v1alpha2') learnOf(client, { lists: 'unary' });
    },
    begin(head, before) {
      clock += 1;
      counters.looked += 1;
      const { belief } = entryOf(head);
      makeRoom();
      const known = belief.inferred !== null && belief.uses >= limits.maxChecks;
      const sampler = before ?? (known ? null : createSampler(limits.maxSampleBytes, room));
      return { stream: head.stream, belief, sampler, told: null, apiVersion: null, read: false };
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
      if (look === null) return;
      const { belief, sampler } = look;
      if (sampler !== null) {
        if (sampler.isShort()) counters.overHeldBytes += 1;
        const { messages } = result.response;
        const request = sampler.sample('request');
        const response = messages > 0 ? sampler.sample('response') : null;
        const unreadable = messages > 0 && response === null;
        if (!unreadable && !sampler.isShort() && (request !== null || response !== null)) {
          const wasContradictory = belief.isContradictory;
          const ok = result.statusCode === 0 && result.outcome === 'finished';
          weighCall(belief, { request, response, replies: messages, ok });
          if (belief.isContradictory && !wasContradictory) counters.contradictions += 1;
        }
        const id = request === null ? null : idOf(request.bytes);
        if (id !== null) weighId(look, id, result);
      }
      lists.ended(belief, result);
      lists.weighEntries(current());
      const entry = entryWith(belief);
      if (concludeOne(belief, entry)) {
        isNew = true;
        if (entry !== null) concludeAll();
      }
      if (seenClient !== client.version) {
        concludeAll();
        isNew = true;
      }
    },
    learn(rpc, reading, start, result, isRead) {
      const request = reading.kept.request;
      const response = reading.kept.response[0] ?? null;
      // A silent one without a path waits for what its id becomes, and was counted when it ended.
      if (request !== null && result.response.messages > 0 && (isRead || !silentMethods.has(rpc))) {
        const id = textOf(request.container_id) ?? textOf(request.pod_sandbox_id);
        if (id !== null) states.touch(id);
      }
      lists.said(rpc, reads.has(rpc), response, result);
      if (rpc === 'Version' && response !== null) learnVersions(response);
      let any = false;
      for (const { pending, after } of states.learn(rpc, request, response, start)) {
        weighOdds(pending.subject, afterOdds(after, pending.touched));
        any = true;
      }
      lists.weighChanges(states.changes());
      if (any || seenClient !== client.version) concludeAll();
    },
    naming(look) {
      const { inferred } = look.belief;
      const isEvents = inferred === null && events.has(look.stream) && entries.size > 0;
      const candidate = isEvents
        ? candidates.find(({ rpc }) => rpc === 'GetContainerEvents')
        : inferred?.candidate;
      if (candidate === undefined) return null;
      const { rpc, method } = candidate;
      const { service, streaming } = method;
      const apiVersion = versionOf(method);
      const confidence = inferred?.confidence ?? eventStreamConfidence;
      const path = apiVersion === null ? null : `runtime.${apiVersion}.${service}/${rpc}`;
      return { method: path, rpc, service, apiVersion, streaming, confidence };
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
      if (seenClient !== client.version) {
        concludeAll();
        isNew = true;
      }
      const was = isNew;
      isNew = false;
      return was;
    },
  };
};
