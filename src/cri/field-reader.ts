import type protobuf from 'protobufjs';
import { identityLabelAt } from './labels.ts';
import type { CriCounters, CriLimits } from './limits.ts';
import type { FieldPlan, MessagePlan } from './projection.ts';
import { identityLabels } from './shapes.ts';
import { keptText } from './text.ts';
import { wordsOf } from './words.ts';

/** A kept message while it is being read: `Kept`, not yet read-only. */
export interface Draft {
  [field: string]: DraftValue;
}

type DraftValue = string | number | boolean | Draft | DraftValue[];

/** Where reading counts what it met. */
export interface Tally {
  readonly limits: CriLimits;
  readonly counters: CriCounters;
  unknownFields: number;
  overBound: number;
}

type OverCounter = 'overItems' | 'overTextBytes' | 'overItemBytes' | 'overKeptBytes';

export const countOver = (tally: Tally, counter: OverCounter): void => {
  tally.overBound += 1;
  tally.counters[counter] += 1;
};

/** Skips a field's value. Groups do not exist in proto3: one ends the reading. */
const skipValue = (reader: protobuf.Reader, wire: number): void => {
  switch (wire) {
    case 0:
      reader.skip();
      return;
    case 1:
      reader.skip(8);
      return;
    case 2:
      reader.skip(reader.size());
      return;
    case 5:
      reader.skip(4);
      return;
    default:
      throw new RangeError(`wire type ${wire}`);
  }
};

/** End of the length-delimited value before whose size the reader stands. */
const enter = (reader: protobuf.Reader): number => {
  const size = reader.size();
  const end = reader.pos + size;
  if (end > reader.len) throw new RangeError('a field ends behind its message');
  return end;
};

const readText = (reader: protobuf.Reader, tally: Tally): string | null => {
  const start = reader.pos;
  const size = reader.size();
  if (size > tally.limits.maxTextBytes) {
    reader.skip(size);
    countOver(tally, 'overTextBytes');
    return null;
  }
  reader.pos = start;
  return reader.string();
};

/** One entry of a labels map. Only the value of an identity label becomes a string. */
const readLabel = (reader: protobuf.Reader, labels: Draft, tally: Tally): void => {
  const end = enter(reader);
  const outer = reader.len;
  reader.len = end;
  let label = -1;
  let valueAt = -1;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      const size = reader.size();
      const start = reader.pos;
      reader.skip(size);
      label = identityLabelAt(wordsOf(reader.buf), start, size);
    } else {
      if (tag === 0x12) valueAt = reader.pos;
      skipValue(reader, tag & 7);
    }
  }
  const name = identityLabels[label];
  if (name !== undefined) {
    if (valueAt >= 0) reader.pos = valueAt;
    const text = valueAt < 0 ? '' : readText(reader, tally);
    if (text !== null) labels[name] = text;
    reader.pos = end;
  }
  reader.len = outer;
};

/** A 64-bit integer as a number where a double holds it, as decimal text where not. */
const shownLong = (low: number, high: number): number | string => {
  const number = high * 0x1_0000_0000 + (low >>> 0);
  return Number.isSafeInteger(number) ? number : String((BigInt(high) << 32n) | BigInt(low >>> 0));
};

const readScalar = (
  reader: protobuf.Reader,
  plan: FieldPlan,
  tally: Tally,
): string | number | boolean | null => {
  switch (plan.kind) {
    case 'text': {
      const text = readText(reader, tally);
      return text === null ? null : keptText(text, plan.rule);
    }
    case 'enum': {
      const number = reader.int32();
      return plan.names[number] ?? number;
    }
    case 'bool':
      return reader.bool();
    case 'int32':
      return reader.int32();
    case 'uint32':
      return reader.uint32();
    case 'int64': {
      const { low, high } = reader.int64();
      return shownLong(low, high);
    }
    case 'uint64': {
      const { low, high } = reader.uint64();
      return shownLong(low, high >>> 0);
    }
    case 'labels':
    case 'message':
      return null;
  }
};

/** The message that this field already has, or a new one: a field that comes twice is merged, as protobuf says. */
const nested = (draft: Draft, name: string): Draft => {
  const before = draft[name];
  if (typeof before === 'object' && !Array.isArray(before)) return before;
  const fresh: Draft = {};
  draft[name] = fresh;
  return fresh;
};

const elements = (draft: Draft, name: string): DraftValue[] => {
  const before = draft[name];
  if (Array.isArray(before)) return before;
  const fresh: DraftValue[] = [];
  draft[name] = fresh;
  return fresh;
};

/** Does the message before which the reader stands have a field with this tag? */
const hasTag = (reader: protobuf.Reader, wanted: number): boolean => {
  const start = reader.pos;
  const end = enter(reader);
  let has = false;
  while (reader.pos < end && !has) {
    const tag = reader.tag();
    has = tag === wanted;
    skipValue(reader, tag & 7);
  }
  reader.pos = start;
  return has;
};

/** Reads the value of a kept field into `draft`. The reader stands behind the tag; it throws on malformed bytes. */
export const readField = (
  reader: protobuf.Reader,
  plan: FieldPlan,
  draft: Draft,
  maxElements: number,
  tally: Tally,
): void => {
  if (plan.repeated) {
    const list = elements(draft, plan.name);
    if (list.length >= maxElements) {
      skipValue(reader, plan.wire);
      countOver(tally, 'overItems');
    } else if (plan.message !== null) {
      const element: Draft = {};
      list.push(element);
      readNested(reader, plan.message, element, tally);
    } else {
      const value = readScalar(reader, plan, tally);
      if (value !== null) list.push(value);
    }
  } else if (plan.message !== null) {
    const message = nested(draft, plan.name);
    if (plan.former !== null && hasTag(reader, plan.former.tag)) {
      readNested(reader, plan.former.message, nested(message, plan.former.name), tally);
    } else readNested(reader, plan.message, message, tally);
  } else if (plan.kind === 'labels') readLabel(reader, nested(draft, plan.name), tally);
  else {
    const value = readScalar(reader, plan, tally);
    if (value !== null) draft[plan.name] = value;
  }
};

const readNested = (reader: protobuf.Reader, plan: MessagePlan, draft: Draft, tally: Tally): void => {
  const end = enter(reader);
  const outer = reader.len;
  reader.len = end;
  while (reader.pos < end) {
    const tag = reader.tag();
    const field = plan.fields[tag >>> 3];
    if (field === null) skipValue(reader, tag & 7);
    else if (field !== undefined && (tag & 7) === field.wire) {
      readField(reader, field, draft, tally.limits.maxRepeated, tally);
    } else {
      if (tag >>> 3 === 0) throw new RangeError('field number 0');
      tally.unknownFields += 1;
      skipValue(reader, tag & 7);
    }
  }
  reader.len = outer;
};
