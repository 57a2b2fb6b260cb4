import type { CriCall, CriReading } from '../../cri/call.ts';
import { noFacts } from '../../cri/facts.ts';
import type { CallEnd, CallHead } from '../../grpc/event.ts';
import type { Call } from '../call.ts';
import type { Candidate } from './candidates.ts';
import type { Inference, Look, Naming } from './inference.ts';
import type { InferenceCounters, InferenceLimits } from './limits.ts';

/** A call that was reported under another name, or none, than what is now believed of it. */
export interface Renamed {
  readonly call: Call;
  readonly naming: Naming | null;
  /** Null: its messages were read before, or are not held any more. */
  readonly reading: CriReading | null;
}

/** Names the calls of a joined connection, decodes them by those names, and finds those that must be told anew. */
export interface Namer {
  /** Of a call whose path can be read: it tells of the others. */
  read(path: string, stream: number): void;
  /** Paths of the connection that were read before the first call that has none. */
  heard(paths: readonly string[]): void;
  /** Reads the messages of a call without a path, as soon as its method is known. */
  begin(head: CallHead): CriCall;
  end(stream: number, result: CallEnd): void;
  /** Null: unknown, or not a call of this kind. */
  naming(stream: number): Naming | null;
  /** A call as it was told: what it says of ids and states, and to be told anew when its name changes. */
  told(call: Call, reading: CriReading | null): void;
  /** A later form of a call that was told. */
  revised(call: Call): void;
  renamed(): readonly Renamed[];
}

const nothingRead: CriReading = {
  facts: noFacts,
  unknownFields: 0,
  brokenMessages: 0,
  full: null,
  kept: { request: null, response: [] },
};

interface Watched {
  readonly look: Look;
  readonly begun: { readonly cri: CriCall; readonly as: Candidate } | null;
  call: Call | null;
}

const isSame = (one: Naming | null, other: Naming | null): boolean =>
  one?.rpc === other?.rpc &&
  one?.service === other?.service &&
  one?.apiVersion === other?.apiVersion &&
  one?.candidates.join() === other?.candidates.join();

const pathOf = ({ method }: Candidate): string => `runtime.v1.${method.service}/${method.rpc}`;

/** Decodes the messages that were held. Null: they are not all there. */
const readHeld = (
  look: Look,
  beginCri: (path: string) => CriCall | null,
  as: Candidate,
): CriReading | null => {
  const request = look.sampler?.sample('request') ?? null;
  const response = look.sampler?.sample('response') ?? null;
  const cri = request === null && response === null ? null : beginCri(pathOf(as));
  if (cri === null) return null;
  for (const [direction, sample] of [
    ['request', request],
    ['response', response],
  ] as const) {
    // A part of a list would be taken for the whole.
    if (sample === null || sample.cut) continue;
    const { bytes, length } = sample;
    cri.message(direction, { bytes, offset: 0, length, last: true, compressed: false });
  }
  return cri.finish();
};

export const createNamer = (
  inference: Inference,
  beginCri: (path: string) => CriCall | null,
  limits: InferenceLimits,
  counters: InferenceCounters,
): Namer => {
  const open = new Map<number, Watched>();
  /** Ended, oldest first: later evidence may change their names. */
  const ended = new Map<number, Watched>();

  const readingOf = ({ look, begun }: Watched): CriReading => {
    const as = inference.decodedAs(look);
    if (as === null) return nothingRead;
    if (begun?.as.rpc === as.rpc) return begun.cri.finish();
    return readHeld(look, beginCri, as) ?? nothingRead;
  };

  const keep = (stream: number, watched: Watched): void => {
    ended.set(stream, watched);
    if (ended.size <= limits.maxRevisable) return;
    const [oldest] = ended;
    if (oldest === undefined) return;
    ended.delete(oldest[0]);
    if ((inference.naming(oldest[1].look)?.rpc ?? null) === null) counters.overRevisable += 1;
    inference.release(oldest[1].look);
  };

  return {
    read: (path, stream) => inference.read(path, stream),
    heard: inference.heard,
    begin(head) {
      // Its reply may have begun before its headers were found.
      const look = inference.begin(head, open.get(head.stream)?.look.sampler ?? null);
      const as = inference.decodedAs(look);
      const cri = as === null ? null : beginCri(pathOf(as));
      const watched: Watched = { look, begun: as === null || cri === null ? null : { cri, as }, call: null };
      open.set(head.stream, watched);
      return {
        message(direction, piece) {
          cri?.message(direction, piece);
          look.sampler?.message(direction, piece);
        },
        broken(direction) {
          cri?.broken(direction);
          look.sampler?.broken(direction);
          if (head.start === null && direction === 'response') inference.headless(head.stream);
        },
        finish: () => readingOf(watched),
      };
    },
    end(stream, result) {
      const watched = open.get(stream);
      inference.end(watched?.look ?? null, stream, result);
      if (watched === undefined) return;
      open.delete(stream);
      const naming = inference.naming(watched.look);
      watched.look.told = naming;
      if (naming !== null && naming.rpc !== null) counters.namedAtEnd += 1;
      keep(stream, watched);
    },
    naming(stream) {
      const watched = open.get(stream) ?? ended.get(stream);
      return watched === undefined ? null : inference.naming(watched.look);
    },
    told(call, reading) {
      const watched = ended.get(call.stream);
      if (watched !== undefined) {
        watched.call = call;
        const as = inference.decodedAs(watched.look);
        if (as !== null && reading !== null && reading !== nothingRead && !watched.look.read) {
          inference.learn(as.rpc, reading, call.start, call.result, false);
        }
        if (as !== null) {
          watched.look.read = true;
          inference.release(watched.look);
        } else inference.hold(watched.look);
      } else if (call.rpc !== null && reading !== null) {
        inference.learn(call.rpc, reading, call.start, call.result, true);
      }
    },
    revised(call) {
      const watched = ended.get(call.stream);
      if (watched !== undefined) watched.call = call;
    },
    renamed() {
      if (!inference.changed()) return [];
      const all: Renamed[] = [];
      for (const watched of ended.values()) {
        const { look, call } = watched;
        if (call === null) continue;
        const naming = inference.naming(look);
        if (isSame(naming, look.told)) continue;
        const rpc = naming?.rpc ?? null;
        const before = look.told?.rpc ?? null;
        if (before === null && rpc !== null) counters.namedLater += 1;
        else if (rpc !== before) counters.corrected += 1;
        const reading = look.read || naming === null ? null : readingOf(watched);
        look.told = naming;
        all.push({ call, naming, reading: reading === nothingRead ? null : reading });
      }
      return all;
    },
  };
};
