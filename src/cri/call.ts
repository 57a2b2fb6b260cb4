import type { Direction } from '../foundation/direction.ts';
import { collectFacts, countMessage } from './collect.ts';
import type { CallFacts } from './facts.ts';
import { createFullReader, type FullReader } from './full.ts';
import { createInflater, type Inflater } from './gzip.ts';
import type { Kept } from './kept.ts';
import { type CriCounters, type CriLimits, defaultCriLimits } from './limits.ts';
import type { Memory } from './memory.ts';
import { endMessage, pushMessage, type ReaderState, startMessage } from './message-reader.ts';
import { findMethod } from './methods.ts';
import type { ReadMessage } from './path.ts';
import type { Projection } from './projection.ts';
import type { CompiledMethod, CriSchema } from './schema.ts';

/** A piece of a gRPC message: where it lies in the message, and whether it is the last. */
export interface MessagePiece {
  /** Valid during the call only. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly last: boolean;
  readonly compressed: boolean;
}

/** What was read of a call's messages. */
export interface CriReading {
  readonly facts: CallFacts;
  readonly unknownFields: number;
  readonly brokenMessages: number;
  /** Whole messages, redacted; null unless they were asked for. */
  readonly full: { readonly request: readonly unknown[]; readonly response: readonly unknown[] } | null;
  /** Kept fields: of the request, and of the first messages of the response. */
  readonly kept: { readonly request: Kept | null; readonly response: readonly Kept[] };
}

/** One CRI call: pieces of its messages in, what they say out. */
export interface CriCall {
  message(direction: Direction, piece: MessagePiece): void;
  /** The message in progress will never be complete. */
  broken(direction: Direction): void;
  /** What is known by now. May be asked again when more came. */
  finish(): CriReading;
}

export interface CriCallsOptions {
  /** Decode whole messages too, redacted. */
  readonly full: boolean;
  readonly schema: CriSchema;
  readonly counters: CriCounters;
  readonly limits?: CriLimits;
  /** Shared by calls that may say the same; without it each is read anew. */
  readonly memory?: Memory;
  /** Told the kept fields of each whole message when it ends; with a response also those of the request. */
  readonly onMessage?: (rpc: string, request: Kept | null, response: Kept | null) => void;
  /** Keep the identity of list items (the default). Counting them alone costs a hundredth. */
  readonly keepItems?: boolean;
}

/**
 * Begins a call of a gRPC path, with or without its leading slash. Null: the path is of no method that the schema has, so
 * there is nothing to decode.
 */
export type BeginCriCall = (path: string) => CriCall | null;

/** One direction of a call. */
interface Side {
  readonly projection: Projection;
  readonly full: FullReader | null;
  kept: readonly Kept[];
  /** The first message, for the facts. */
  first: ReadMessage | null;
  reader: ReaderState | null;
  inflater: Inflater | null;
  /** Where the next piece of the message in progress must begin. */
  next: number;
  items: number;
  itemsKept: number;
  /** Bytes of fields from which something may still be kept. */
  room: number;
  unknownFields: number;
  brokenMessages: number;
}

/** What is the same for all calls. */
interface Surroundings {
  readonly limits: CriLimits;
  readonly counters: CriCounters;
  readonly memory: Memory | null;
  readonly onMessage: CriCallsOptions['onMessage'] | null;
  readonly keepItems: boolean;
}

interface State {
  readonly around: Surroundings;
  readonly compiled: CompiledMethod;
  readonly request: Side;
  readonly response: Side;
  /** Null: the method has none. */
  readonly counts: Map<string, number> | null;
}

const noneKept: readonly Kept[] = [];

const createSide = (projection: Projection, full: FullReader | null, limits: CriLimits): Side => ({
  projection,
  full,
  kept: noneKept,
  first: null,
  reader: null,
  inflater: null,
  next: 0,
  items: 0,
  itemsKept: 0,
  room: limits.maxKeptBytes,
  unknownFields: 0,
  brokenMessages: 0,
});

const settle = (call: State, of: Side, state: ReaderState): void => {
  const { request, response } = call;
  const { limits, counters, onMessage } = call.around;
  const { method, recipe } = call.compiled;
  const result = endMessage(state);
  of.reader = null;
  of.room = state.room;
  of.next = 0;
  const isWhole = result.kind === 'read' && result.overBound === 0;
  const message: ReadMessage = { kept: result.kept, isWhole };
  of.first ??= message;
  if (of === response && call.counts !== null) countMessage(recipe, message, call.counts);
  if (of.kept.length < limits.maxKeptMessages) of.kept = [...of.kept, result.kept];
  else counters.overKeptMessages += 1;
  if (result.kind === 'read' && onMessage != null) {
    if (of === response) onMessage(method.rpc, request.first?.kept ?? null, result.kept);
    else onMessage(method.rpc, result.kept, null);
  }
  of.items += result.items;
  of.itemsKept = Math.min(limits.maxItems, of.itemsKept + result.items);
  of.unknownFields += result.unknownFields;
  counters.messages += 1;
  counters.unknownFields += result.unknownFields;
  if (result.kind === 'broken') {
    of.brokenMessages += 1;
    counters.broken += 1;
  }
};

const read = ({ around: { limits, counters, memory, keepItems } }: State, of: Side): ReaderState =>
  startMessage(
    of.projection,
    limits,
    counters,
    memory,
    keepItems ? limits.maxItems - of.itemsKept : null,
    of.room,
  );

const abandon = (call: State, of: Side): void => {
  const state = of.reader ?? read(call, of);
  state.broken ??= 'abandoned';
  of.inflater = null;
  of.full?.drop('message broke off');
  settle(call, of, state);
};

const feed = (of: Side, state: ReaderState, bytes: Uint8Array): void => {
  pushMessage(state, bytes);
  of.full?.push(bytes);
};

const complete = (call: State, of: Side, state: ReaderState): void => {
  const inflated = of.inflater?.end();
  of.inflater = null;
  if (inflated?.kind === 'inflated') feed(of, state, inflated.bytes);
  if (inflated?.kind === 'broken') {
    state.broken = inflated.reason;
    of.full?.drop(inflated.reason === 'over_bound' ? 'compressed, over the bound' : 'not gzip');
  } else of.full?.end();
  settle(call, of, state);
};

const takePiece = (call: State, of: Side, piece: MessagePiece): void => {
  const { limits, counters } = call.around;
  if (piece.offset !== of.next) {
    // The rest of a message whose beginning is not known.
    if (of.reader !== null) abandon(call, of);
    if (piece.offset !== 0) return;
  }
  let state = of.reader;
  if (state === null) {
    state = read(call, of);
    of.reader = state;
    if (piece.compressed) {
      counters.compressed += 1;
      of.inflater = createInflater(limits, counters);
    }
  }
  of.next = piece.offset + piece.bytes.length;
  counters.bytes += piece.bytes.length;
  if (of.inflater !== null) of.inflater.push(piece.bytes);
  else feed(of, state, piece.bytes);
  if (piece.last) complete(call, of, state);
};

const noCounts: ReadonlyMap<string, number> = new Map();

const readingOf = ({ compiled: { method, recipe }, request, response, counts }: State): CriReading => {
  const messages = { request: request.first, response: method.streaming ? null : response.first };
  const items = method.items === null ? null : response.items;
  return {
    facts: collectFacts(recipe, messages, items, counts ?? noCounts),
    unknownFields: request.unknownFields + response.unknownFields,
    brokenMessages: request.brokenMessages + response.brokenMessages,
    full:
      request.full === null || response.full === null
        ? null
        : { request: request.full.messages(), response: response.full.messages() },
    kept: { request: request.kept[0] ?? null, response: response.kept },
  };
};

export const createCriCalls = (options: CriCallsOptions): BeginCriCall => {
  const { schema, counters } = options;
  const limits = options.limits ?? defaultCriLimits;
  const around: Surroundings = {
    limits,
    counters,
    memory: options.memory ?? null,
    onMessage: options.onMessage ?? null,
    keepItems: options.keepItems ?? true,
  };
  const sideOf = (projection: Projection): Side =>
    createSide(projection, options.full ? createFullReader(projection.type, limits, counters) : null, limits);

  return (path) => {
    const found = findMethod(path);
    const compiled = found === null ? undefined : schema.methods.get(found.method);
    if (compiled === undefined) return null;
    const call: State = {
      around,
      compiled,
      request: sideOf(compiled.request),
      response: sideOf(compiled.response),
      counts: compiled.recipe.counts.length === 0 ? null : new Map(),
    };
    return {
      message: (direction, piece) => takePiece(call, call[direction], piece),
      broken: (direction) => abandon(call, call[direction]),
      finish: () => readingOf(call),
    };
  };
};
