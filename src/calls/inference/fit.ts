import { isUtf8 } from 'node:buffer';
import type { TextForm } from './rules.ts';
import type { VarintForm, WireField, WireShape } from './wire-shape.ts';

/**
 * How a message agrees with a shape. `partly`: but for field numbers behind the known ones that the type does not have
 * yet, and that a newer release may have given it.
 */
export type Fit = 'no' | 'partly' | 'fully';

export interface FitOptions {
  /** Bytes are missing at the end: they may hold anything. */
  readonly cut: boolean;
  /** Of a call that succeeded: what it needs must be there. */
  readonly sensible: boolean;
}

/** Numbers past a type's last that a newer release may use. */
const newFields = 4;

interface Walk {
  readonly bytes: Uint8Array;
  readonly sensible: boolean;
  at: number;
  /** The last varint, exact below 2^53, and whether it was written in as few octets as it takes. */
  value: number;
  minimal: boolean;
  hasNewFields: boolean;
}

/** False: it does not end before `to`, or is longer than any varint. */
const varint = (walk: Walk, to: number): boolean => {
  let value = 0;
  let scale = 1;
  for (let octets = 1; octets <= 10 && walk.at < to; octets++) {
    const octet = walk.bytes[walk.at++] ?? 0;
    value += (octet & 0x7f) * scale;
    scale *= 128;
    if (octet < 0x80) {
      walk.value = value;
      walk.minimal = octet !== 0 || octets === 1;
      return true;
    }
  }
  return false;
};

/** A negative int32 takes ten octets, as a negative int64 does. */
const negative = 2 ** 63;

const isVarint = (form: VarintForm, value: number): boolean => {
  switch (form) {
    case 'bool':
      return value === 1;
    case 'enum':
      return value < 64;
    case 'int32':
      return value < 2 ** 31 || value >= negative;
    case 'uint32':
      return value < 2 ** 32;
    case 'any':
      return true;
  }
};

const isHex = (octet: number): boolean =>
  (octet >= 0x30 && octet <= 0x39) || (octet >= 0x61 && octet <= 0x66);

const idLength = 64;

const isText = (form: TextForm, bytes: Uint8Array, from: number, to: number): boolean => {
  if (form === 'octets') return true;
  if (form === 'id' || form === 'id_prefix') {
    if (to - from > idLength || (form === 'id' && to - from < idLength)) return false;
    for (let at = from; at < to; at++) if (!isHex(bytes[at] ?? 0)) return false;
    return true;
  }
  if (form === 'path' && bytes[from] !== 0x2f) return false;
  const linesAllowed = form === 'text';
  for (let at = from; at < to; at++) {
    const octet = bytes[at] ?? 0;
    if (octet === 0x7f) return false;
    if (octet >= 0x20) continue;
    if (!linesAllowed || (octet !== 0x0a && octet !== 0x0d && octet !== 0x09)) return false;
  }
  const text = bytes.subarray(from, to);
  if (form === 'url' && !Buffer.from(text).includes('://')) return false;
  return isUtf8(text);
};

const isPacked = (walk: Walk, form: VarintForm, to: number): boolean => {
  while (walk.at < to) {
    if (!varint(walk, to) || !walk.minimal || !(walk.value === 0 || isVarint(form, walk.value))) return false;
  }
  return true;
};

const skipped = (walk: Walk, wire: number, to: number, cut: boolean): boolean => {
  if (wire === 0) return varint(walk, to) || cut;
  if (wire === 1 || wire === 5) walk.at += wire === 1 ? 8 : 4;
  else if (wire === 2) {
    if (!varint(walk, to)) return cut;
    walk.at += walk.value;
  } else return false;
  return walk.at <= to || cut;
};

/** The value of a length-delimited field, whole or, where the input is cut, its beginning. */
const isDelimited = (
  walk: Walk,
  field: WireField,
  isMapEntry: boolean,
  length: number,
  to: number,
  cut: boolean,
): boolean => {
  const end = walk.at + length;
  const isCut = end > to;
  if (isCut && !cut) return false;
  const until = Math.min(end, to);
  if (field.message !== null) {
    if (!isMessage(walk, field.message, until, isCut)) return false;
  } else if (field.packed) {
    if (!isCut && !isPacked(walk, field.varint, until)) return false;
  } else {
    if (length === 0 && !field.repeated && !isMapEntry) return false;
    const form = walk.sensible || field.text === 'octets' ? field.text : 'text';
    if (!isCut && form !== null && !isText(form, walk.bytes, walk.at, until)) return false;
  }
  walk.at = until;
  return true;
};

/**
 * One message up to `to`. All writers known write fields in the order of their numbers, leave out zeroes, and write
 * varints in as few octets as they take; what does not is no such message.
 */
const isMessage = (walk: Walk, shape: WireShape, to: number, cut: boolean): boolean => {
  let last = 0;
  let found = 0;
  while (walk.at < to) {
    if (!varint(walk, to)) return cut;
    const number = Math.floor(walk.value / 8);
    const wire = walk.value % 8;
    if (number === 0 || number < last || !walk.minimal) return false;
    const field = shape.fields[number];
    if (field === undefined) {
      const newest = Math.max(shape.fields.length - 1, 0);
      if (shape.isMapEntry || last === 0 || number <= newest || number > newest + newFields) return false;
      walk.hasNewFields = true;
      last = number;
      if (!skipped(walk, wire, to, cut)) return false;
      continue;
    }
    if (wire !== field.wire || (number === last && !field.repeated)) return false;
    if (number !== last && shape.required.includes(number)) found += 1;
    last = number;
    if (wire === 2) {
      if (!varint(walk, to)) return cut;
      if (!walk.minimal || !isDelimited(walk, field, shape.isMapEntry, walk.value, to, cut)) return false;
    } else if (wire === 0) {
      if (!varint(walk, to)) return cut;
      if (!walk.minimal || (walk.value === 0 && !shape.isMapEntry)) return false;
      if (walk.value !== 0 && !isVarint(field.varint, walk.value)) return false;
    } else {
      walk.at += wire === 1 ? 8 : 4;
      if (walk.at > to) return cut;
    }
  }
  return cut || !walk.sensible || found === shape.required.length;
};

export const fitMessage = (shape: WireShape, bytes: Uint8Array, { cut, sensible }: FitOptions): Fit => {
  const walk: Walk = { bytes, sensible, at: 0, value: 0, minimal: true, hasNewFields: false };
  if (!isMessage(walk, shape, bytes.length, cut)) return 'no';
  return walk.hasNewFields ? 'partly' : 'fully';
};
