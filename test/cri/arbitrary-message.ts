import fc from 'fast-check';
import protobuf from 'protobufjs';

/** Objects in the form that `fromObject` takes, for any message type of the schema. */
export type Plain = Record<string, unknown>;

const long = (signed: boolean): fc.Arbitrary<string> =>
  (signed ? fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) : fc.bigInt(0n, 2n ** 64n - 1n)).map(String);

const scalars: Record<string, fc.Arbitrary<unknown>> = {
  string: fc.string({ unit: 'grapheme', maxLength: 40 }),
  bytes: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  bool: fc.boolean(),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  uint32: fc.nat({ max: 0xffffffff }),
  int64: fc.oneof(fc.integer({ min: 0, max: 4000 }).map(String), long(true)),
  uint64: fc.oneof(fc.integer({ min: 0, max: 4000 }).map(String), long(false)),
  double: fc.double({ noNaN: true }),
};

const labelKeys = [
  'io.kubernetes.pod.name',
  'io.kubernetes.pod.namespace',
  'io.kubernetes.pod.uid',
  'io.kubernetes.container.name',
  'io.kubernetes.pod.nama',
];

/** One value of a field, not the list or map of them. */
const element = (field: protobuf.Field, depth: number): fc.Arbitrary<unknown> => {
  if (field.resolvedType instanceof protobuf.Type) return arbitraryMessage(field.resolvedType, depth - 1);
  if (field.resolvedType instanceof protobuf.Enum) {
    return fc.oneof(fc.constantFrom(...Object.values(field.resolvedType.values)), fc.nat({ max: 100 }));
  }
  return scalars[field.type] ?? fc.constant(null);
};

const value = (field: protobuf.Field, depth: number): fc.Arbitrary<unknown> => {
  if (field instanceof protobuf.MapField) {
    const key = fc.oneof(fc.constantFrom(...labelKeys), fc.string({ maxLength: 30 }));
    return fc.dictionary(key, fc.string({ maxLength: 60 }), { maxKeys: 6, noNullPrototype: true });
  }
  return field.repeated ? fc.array(element(field, depth), { maxLength: 4 }) : element(field, depth);
};

/** Random contents for every field of a type, each there or not. */
export const arbitraryMessage = (type: protobuf.Type, depth = 6): fc.Arbitrary<Plain> => {
  const fields = type.fieldsArray.filter(
    (field) => depth > 0 || !(field.resolvedType instanceof protobuf.Type),
  );
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, value(field, depth)])), {
    requiredKeys: [],
    noNullPrototype: true,
  });
};

export const encode = (type: protobuf.Type, message: Plain): Buffer =>
  Buffer.from(type.encode(type.fromObject(message)).finish());

/** Cuts bytes at the places that the numbers name, in order. */
export const cut = (bytes: Uint8Array, at: readonly number[]): Uint8Array[] => {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  const edges = [0, ...places, bytes.length];
  return edges.slice(1).map((end, i) => bytes.subarray(edges[i], end));
};
