import protobuf from 'protobufjs';
import { isIdentityLabel, isSecretField, isSecretMessage } from '../../cri/redact.ts';
import { shownText, textRule } from '../../cri/text.ts';

/** Deeper nesting than the schema has; a message that goes on is not one of the CRI's. */
const maxDepth = 32;

const textFiller = 0x78; // 'x'

const lengthDelimited = 2;

const isText = (field: protobuf.Field): boolean => field.type === 'string' || field.type === 'bytes';

/** A varint becomes 0 in as many octets (the continuation bits stay), anything else zeros. */
const overwriteValue = (bytes: Uint8Array, wireType: number, from: number, to: number): void => {
  if (wireType !== 0) bytes.fill(0, from, to);
  else for (let at = from; at < to; at++) bytes[at] = (bytes[at] ?? 0) & 0x80;
};

type Visit = (id: number, wireType: number, from: number, to: number) => void;

/**
 * Overwrites, in an encoded message, every value that a person who asks for whole messages would not be shown, with
 * a value of the same length: the message decodes to the same shape. Unknown fields are overwritten too.
 * Throws on a message that is broken (protobufjs' RangeError, or Error for a bad wire type).
 */
export const redactMessageValues = (bytes: Uint8Array, type: protobuf.Type): void => {
  const reader = protobuf.Reader.create(bytes);

  /** Visits each value up to `end`; a visit may move the reader inside the value. */
  const walk = (end: number, depth: number, visit: Visit): void => {
    if (depth > maxDepth) throw new RangeError('nested too deep');
    while (reader.pos < end) {
      const tag = reader.uint32();
      const wireType = tag & 7;
      const length = wireType === lengthDelimited ? reader.uint32() : null;
      const from = reader.pos;
      if (length === null) reader.skipType(wireType);
      const to = length === null ? reader.pos : from + length;
      if (to > end) throw new RangeError('a value passes the end of its message');
      visit(tag >>> 3, wireType, from, to);
      reader.pos = to;
    }
    if (reader.pos !== end) throw new RangeError('a value passes the end of its message');
  };

  const textOf = (from: number, to: number): string =>
    Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');

  const text = (field: protobuf.Field, hides: boolean, from: number, to: number): void => {
    const value = textOf(from, to);
    if (hides || field.type === 'bytes' || shownText(value, textRule(field)) !== value) {
      bytes.fill(textFiller, from, to);
    }
  };

  const message = (of: protobuf.Type, hidden: boolean, end: number, depth: number): void => {
    const hidesAll = hidden || isSecretMessage(of);
    walk(end, depth, (id, wireType, from, to) => {
      const field = of.fieldsById[id];
      if (field === undefined) {
        overwriteValue(bytes, wireType, from, to);
        return;
      }
      field.resolve();
      const hides = hidesAll || isSecretField(of, field);
      if (wireType === lengthDelimited && field instanceof protobuf.MapField)
        entry(field, hides, to, depth + 1);
      else if (wireType === lengthDelimited && field.resolvedType instanceof protobuf.Type)
        message(field.resolvedType, hides, to, depth + 1);
      else if (wireType === lengthDelimited && isText(field)) text(field, hides, from, to);
      else if (hides) overwriteValue(bytes, wireType, from, to);
    });
  };

  /** All maps of the CRI are of strings: key 1, value 2. Kept whole or overwritten whole. */
  const entry = (field: protobuf.Field, hides: boolean, end: number, depth: number): void => {
    let shown = false;
    const values: [wireType: number, from: number, to: number][] = [];
    walk(end, depth, (id, wireType, from, to) => {
      if (id === 1) shown = !hides && isIdentityLabel(field, textOf(from, to));
      values.push([wireType, from, to]);
    });
    if (shown && values.length === 2) return;
    for (const [wireType, from, to] of values) {
      if (wireType === lengthDelimited) bytes.fill(textFiller, from, to);
      else overwriteValue(bytes, wireType, from, to);
    }
  };

  message(type, false, bytes.length, 0);
};
