import protobuf from 'protobufjs';
import { countOver, type Draft, readField, type Tally } from './field-reader.ts';
import { type Head, maxHeadBytes, readHead } from './head.ts';
import type { BrokenReason, MessageResult } from './kept.ts';
import type { CriCounters, CriLimits } from './limits.ts';
import type { Memory } from './memory.ts';
import type { FieldPlan, Projection } from './projection.ts';

/**
 * Reads one message as its bytes come. What is not kept is skipped without being held; a kept field is decoded
 * where it lies when it lies in one piece, and is put together alone when it does not.
 *
 *   piece | piece          | piece
 *   tag len xxxxxxxx tag len vvvvvvv tag len xxxxxxx
 *           skipped  stash   joined          skipped
 */
export interface MessageReader {
  /** The bytes are not used after the call returns. Never throws. */
  push(bytes: Uint8Array): void;
  end(): MessageResult;
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A kept field that came in pieces, from its tag on. */
interface Joined {
  readonly plan: FieldPlan;
  readonly isItem: boolean;
  readonly size: number;
  /** Bytes of its tag and size. */
  readonly headSize: number;
  bytes: Buffer;
  filled: number;
}

/** The state of one message's reading. */
export interface ReaderState extends Tally {
  readonly projection: Projection;
  /** Null: nothing is remembered. */
  readonly memory: Memory | null;
  /** Items that may still be kept; null: items are only counted. */
  readonly maxItems: number | null;
  /** Bytes of fields from which something may still be kept. */
  room: number;
  readonly draft: Draft;
  readonly head: Head;
  items: number;
  itemsBytes: number;
  broken: BrokenReason | null;
  /** The beginning of a field whose head is not complete. */
  stash: Buffer | null;
  stashed: number;
  skip: number;
  joined: Joined | null;
}

export const startMessage = (
  projection: Projection,
  limits: CriLimits,
  counters: CriCounters,
  memory: Memory | null,
  maxItems: number | null,
  room: number,
): ReaderState => ({
  projection,
  memory,
  limits,
  counters,
  maxItems,
  room,
  draft: {},
  head: { tag: 0, size: 0, rest: 0 },
  unknownFields: 0,
  overBound: 0,
  items: 0,
  itemsBytes: 0,
  broken: null,
  stash: null,
  stashed: 0,
  skip: 0,
  joined: null,
});

/** The plan of the field whose head was read, or null where it is to be skipped. Counts it. */
const planOf = (state: ReaderState): FieldPlan | null => {
  const { head, projection } = state;
  const number = head.tag >>> 3;
  const plan = projection.fields[number];
  if (number === projection.itemsField && (head.tag & 7) === 2) {
    state.items += 1;
    state.itemsBytes += head.rest;
    if (state.maxItems === null) return null;
  }
  if (plan === null) return null;
  if (plan === undefined || (head.tag & 7) !== plan.wire) {
    state.unknownFields += 1;
    return null;
  }
  if (head.rest > state.limits.maxItemBytes) countOver(state, 'overItemBytes');
  else if (head.rest > state.room) countOver(state, 'overKeptBytes');
  else {
    state.room -= head.rest;
    return plan;
  }
  return null;
};

/** Where a message inside of this one is put, if it begins there: what comes twice is merged, as protobuf says. */
const isNew = (draft: Draft, { name, repeated }: FieldPlan, most: number): boolean => {
  const before = draft[name];
  return before === undefined || (repeated && Array.isArray(before) && before.length < most);
};

const put = (draft: Draft, { name, repeated }: FieldPlan, value: Draft): void => {
  const before = draft[name];
  if (!repeated) draft[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else draft[name] = [value];
};

const unshare = (draft: Draft, { name }: FieldPlan): void => {
  const before = draft[name];
  if (before !== undefined) draft[name] = structuredClone(before);
};

/** The message that was put last. */
const putLast = (draft: Draft, { name }: FieldPlan): Draft | null => {
  const value = draft[name];
  const last = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'object' && !Array.isArray(last) ? last : null;
};

/** Decodes one field, from its tag at `from` to its end; its value begins at `value`. */
const readRecord = (
  state: ReaderState,
  bytes: Uint8Array,
  plan: FieldPlan,
  isItem: boolean,
  from: number,
  value: number,
  to: number,
): void => {
  const { memory, draft, limits } = state;
  const { message } = plan;
  const most = isItem ? (state.maxItems ?? 0) : limits.maxRepeated;
  const isMemorable = memory !== null && message !== null && plan.former === null && isNew(draft, plan, most);
  const remembered = isMemorable ? memory.find(bytes, value, to, message) : null;
  if (remembered !== null && remembered.draft !== null) {
    put(draft, plan, remembered.draft);
    return;
  }
  // What is remembered of its first part is shared with others.
  if (memory !== null && message !== null && !plan.repeated) unshare(draft, plan);
  const reader = protobuf.Reader.create(asBuffer(bytes));
  reader.pos = from;
  reader.len = to;
  reader.tag();
  const counted = state.unknownFields + state.overBound;
  readField(reader, plan, draft, most, state);
  if (memory === null || remembered === null || state.unknownFields + state.overBound !== counted) return;
  const read = putLast(draft, plan);
  if (read !== null) memory.keep(remembered, read);
};

const join = (state: ReaderState, joined: Joined, piece: Uint8Array, from: number, to: number): number => {
  const taken = Math.min(joined.size - joined.filled, to - from);
  if (joined.filled + taken > joined.bytes.length) {
    // Doubles: a field that only claims to be long does not take the memory.
    const grown = Buffer.allocUnsafe(Math.min(joined.size, Math.max(256, 2 * (joined.filled + taken))));
    joined.bytes.copy(grown, 0, 0, joined.filled);
    joined.bytes = grown;
  }
  joined.bytes.set(piece.subarray(from, from + taken), joined.filled);
  joined.filled += taken;
  if (joined.filled === joined.size) {
    state.joined = null;
    readRecord(state, joined.bytes, joined.plan, joined.isItem, 0, joined.headSize, joined.size);
  }
  return taken;
};

const noBytes = Buffer.alloc(0);

/** Begins a field whose head is complete and whose end is not in this piece. */
const beginField = (state: ReaderState, bytes: Uint8Array, from: number): void => {
  const plan = planOf(state);
  const { head } = state;
  if (plan === null) {
    state.skip = head.rest;
    return;
  }
  const isItem = head.tag >>> 3 === state.projection.itemsField;
  const size = head.size + head.rest;
  const joined: Joined = { plan, isItem, size, headSize: head.size, bytes: noBytes, filled: 0 };
  state.joined = joined;
  join(state, joined, bytes, from, from + head.size);
};

/** Continues a head that was cut: returns the bytes taken of this piece. */
const continueHead = (state: ReaderState, piece: Uint8Array): number => {
  const stash = state.stash ?? Buffer.alloc(maxHeadBytes);
  state.stash = stash;
  const before = state.stashed;
  const added = Math.min(maxHeadBytes - before, piece.length);
  stash.set(piece.subarray(0, added), before);
  const found = readHead(stash, 0, before + added, state.head);
  if (found === 'malformed') {
    state.broken = 'malformed';
    return 0;
  }
  if (found === 'incomplete') {
    state.stashed = before + added;
    return added;
  }
  state.stashed = 0;
  beginField(state, stash, 0);
  return state.head.size - before;
};

const pushPieces = (state: ReaderState, bytes: Uint8Array): void => {
  const { head } = state;
  const end = bytes.length;
  let pos = 0;
  if (state.stashed > 0) pos = continueHead(state, bytes);
  while (pos < end && state.broken === null) {
    if (state.skip > 0) {
      const skipped = Math.min(state.skip, end - pos);
      state.skip -= skipped;
      pos += skipped;
      continue;
    }
    if (state.joined !== null) {
      pos += join(state, state.joined, bytes, pos, end);
      continue;
    }
    const found = readHead(bytes, pos, end, head);
    if (found === 'malformed') {
      state.broken = 'malformed';
    } else if (found === 'incomplete') {
      continueHead(state, bytes.subarray(pos));
      return;
    } else if (pos + head.size + head.rest > end) {
      beginField(state, bytes, pos);
      pos += head.size;
    } else {
      const plan = planOf(state);
      const after = pos + head.size + head.rest;
      if (plan !== null) {
        const isItem = head.tag >>> 3 === state.projection.itemsField;
        readRecord(state, bytes, plan, isItem, pos, pos + head.size, after);
      }
      pos = after;
    }
  }
};

export const pushMessage = (state: ReaderState, bytes: Uint8Array): void => {
  if (state.broken !== null) return;
  try {
    pushPieces(state, bytes);
  } catch {
    // protobufjs' Reader throws on malformed bytes; what was read before stays.
    state.broken = 'malformed';
  }
};

export const endMessage = (state: ReaderState): MessageResult => {
  const { draft: kept, unknownFields, items, itemsBytes, overBound } = state;
  const isInside = state.stashed > 0 || state.skip > 0 || state.joined !== null;
  const reason = state.broken ?? (isInside ? 'truncated' : null);
  return reason === null
    ? { kind: 'read', kept, unknownFields, items, itemsBytes, overBound }
    : { kind: 'broken', reason, kept, unknownFields, items, itemsBytes, overBound };
};

export const createMessageReader = (
  projection: Projection,
  limits: CriLimits,
  counters: CriCounters,
  memory: Memory | null = null,
): MessageReader => {
  const state = startMessage(projection, limits, counters, memory, limits.maxItems, limits.maxKeptBytes);
  return {
    push: (bytes) => pushMessage(state, bytes),
    end: () => endMessage(state),
  };
};
