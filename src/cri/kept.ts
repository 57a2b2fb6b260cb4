/**
 * The kept fields of a message, under their names in the schema. Enums are value names (a number where the schema
 * has no name), 64-bit integers beyond 2^53 decimal strings. A field that was not on the wire is not here.
 */
export interface Kept {
  readonly [field: string]: KeptValue;
}

export type KeptValue = string | number | boolean | Kept | readonly KeptValue[];

export type BrokenReason =
  /** The message ended inside a field. */
  | 'truncated'
  /** The bytes are not protobuf, or not of this schema. */
  | 'malformed'
  /** The message will never be complete. */
  | 'abandoned'
  /** It said to be compressed, and is not by gzip. */
  | 'compression'
  /** Compressed, and over a bound. */
  | 'over_bound';

interface Reading {
  readonly kept: Kept;
  /** Fields whose number or wire type the schema does not know, at the depths that were looked at. */
  readonly unknownFields: number;
  /** Items of the method's list field, all of them, and their bytes. */
  readonly items: number;
  readonly itemsBytes: number;
  /** Kept fields, items and strings that a bound left out. */
  readonly overBound: number;
}

/** `broken`: with all that was read before the fault. */
export type MessageResult =
  | (Reading & { readonly kind: 'read' })
  | (Reading & { readonly kind: 'broken'; readonly reason: BrokenReason });
