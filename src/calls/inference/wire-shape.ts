import protobuf from 'protobufjs';
import { requiredFields, type TextForm, textForm } from './rules.ts';

/** What a scalar varint may hold. */
export type VarintForm = 'bool' | 'enum' | 'int32' | 'uint32' | 'any';

export interface WireField {
  readonly number: number;
  readonly wire: 0 | 1 | 2 | 5;
  readonly repeated: boolean;
  /** Numbers packed into one length-delimited field. */
  readonly packed: boolean;
  readonly varint: VarintForm;
  /** Of a string or bytes field; null for others. */
  readonly text: TextForm | null;
  readonly message: WireShape | null;
}

/** A message type as its bytes show it. */
export interface WireShape {
  readonly fields: readonly (WireField | undefined)[];
  readonly required: readonly number[];
  /** A map's entry carries its key and value even where they are empty. */
  readonly isMapEntry: boolean;
}

const varintForms: Readonly<Record<string, VarintForm>> = {
  bool: 'bool',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'any',
  uint64: 'any',
};

const scalar = (
  number: number,
  type: string,
  repeated: boolean,
  text: TextForm,
): Omit<WireField, 'message'> => {
  const plain = { number, repeated, packed: false, varint: 'any', text: null } as const;
  if (type === 'string') return { ...plain, wire: 2, text };
  if (type === 'bytes') return { ...plain, wire: 2, text: 'octets' };
  if (type === 'double') return { ...plain, wire: 1 };
  if (type === 'float') return { ...plain, wire: 5 };
  const varint = varintForms[type];
  if (varint === undefined) throw new Error(`no form for a field of type ${type}`);
  return { ...plain, wire: repeated ? 2 : 0, packed: repeated, varint };
};

/** Compiles message types, each once. No type of the CRI contains itself. */
export const createShapeCompiler = (): ((type: protobuf.Type) => WireShape) => {
  const compiled = new Map<protobuf.Type, WireShape>();

  const field = (of: protobuf.Field): WireField => {
    const { id: number, repeated } = of;
    const message = of.resolvedType instanceof protobuf.Type ? shape(of.resolvedType) : null;
    if (of instanceof protobuf.MapField) {
      const key = { ...scalar(1, of.keyType, false, 'name'), message: null };
      const value =
        message === null
          ? { ...scalar(2, of.type, false, 'text'), message: null }
          : { ...scalar(2, 'bytes', false, 'octets'), text: null, message };
      const entry: WireShape = { fields: [undefined, key, value], required: [], isMapEntry: true };
      return { ...scalar(number, 'bytes', true, 'octets'), text: null, message: entry };
    }
    if (message !== null) return { ...scalar(number, 'bytes', repeated, 'octets'), text: null, message };
    if (of.resolvedType instanceof protobuf.Enum) {
      return { ...scalar(number, 'int32', repeated, 'name'), varint: 'enum', message: null };
    }
    return { ...scalar(number, of.type, repeated, textForm(of.parent?.name ?? '', of.name)), message: null };
  };

  const shape = (type: protobuf.Type): WireShape => {
    const before = compiled.get(type);
    if (before !== undefined) return before;
    const fields: (WireField | undefined)[] = [];
    for (const each of type.fieldsArray) fields[each.id] = field(each);
    const required = (requiredFields[type.name]?.split(' ') ?? []).map((name) => {
      const id = type.fields[name]?.id;
      if (id === undefined) throw new Error(`${type.fullName} has no field ${name}`);
      return id;
    });
    const made: WireShape = { fields: Array.from(fields), required, isMapEntry: false };
    compiled.set(type, made);
    return made;
  };
  return shape;
};
