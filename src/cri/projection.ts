import protobuf from 'protobufjs';
import { shapes } from './shapes.ts';
import { type TextRule, textRule } from './text.ts';

export type FieldKind =
  | 'text'
  | 'labels'
  | 'message'
  | 'enum'
  | 'bool'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64';

/** How one kept field is read. */
export interface FieldPlan {
  readonly name: string;
  readonly kind: FieldKind;
  /** Wire type: 0 varint, 2 length-delimited. */
  readonly wire: 0 | 2;
  readonly repeated: boolean;
  readonly rule: TextRule;
  /** Names of an enum by number. */
  readonly names: Readonly<Record<number, string>>;
  readonly message: MessagePlan | null;
  readonly former: FormerMessage | null;
}

/** Another message that an older release has under the same field number, told by a tag that only it uses. */
export interface FormerMessage {
  readonly tag: number;
  readonly message: MessagePlan;
  /** The field of the newer message that holds what the former one was. */
  readonly name: string;
}

/** What is read of a message: by field number a plan; null: a known field that is not kept. */
export interface MessagePlan {
  readonly fields: readonly (FieldPlan | null | undefined)[];
  /** Among the fields is a map of labels. */
  readonly hasLabels: boolean;
}

/** What is read of a method's request or response. */
export interface Projection extends MessagePlan {
  readonly type: protobuf.Type;
  /** Number of the field that lists what was asked for; 0 where the method lists nothing. */
  readonly itemsField: number;
}

const kinds: Readonly<Record<string, FieldKind>> = {
  string: 'text',
  bool: 'bool',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
};

/**
 * The one number that the API used twice: in 0.25 a container event carried the sandbox's metadata where it now
 * carries its status. Field 3 is a namespace there (length-delimited), a state here (varint).
 */
const formerMessage = (field: protobuf.Field): FormerMessage | null => {
  if (field.name !== 'pod_sandbox_status' || !(field.resolvedType instanceof protobuf.Type)) return null;
  const metadata = field.resolvedType.fields.metadata;
  const message = metadata === undefined ? null : planField(metadata).message;
  return message === null ? null : { tag: (3 << 3) | 2, message, name: 'metadata' };
};

const kindOf = (field: protobuf.Field): FieldKind | undefined => {
  if (field instanceof protobuf.MapField) return 'labels';
  if (field.resolvedType instanceof protobuf.Type) return 'message';
  return field.resolvedType instanceof protobuf.Enum ? 'enum' : kinds[field.type];
};

const planField = (field: protobuf.Field): FieldPlan => {
  const { name, repeated, resolvedType } = field;
  const kind = kindOf(field);
  const rule = textRule(field);
  if (kind === 'labels' && name !== 'labels' && name !== 'label_selector')
    throw new Error(`${field.fullName}: not labels`);
  if (kind === undefined || (repeated && kind !== 'text' && kind !== 'message'))
    throw new Error(`${field.fullName}: cannot be kept`);
  if (kind === 'text' && rule === 'hidden')
    throw new Error(`${field.fullName}: not on the list of shown texts`);
  const isMessage = resolvedType instanceof protobuf.Type;
  // In one literal: plans of one shape are read faster.
  return {
    name,
    kind,
    wire: kind === 'text' || kind === 'labels' || kind === 'message' ? 2 : 0,
    repeated,
    rule,
    names: resolvedType instanceof protobuf.Enum ? resolvedType.valuesById : {},
    message: isMessage ? planMessage(resolvedType, shapes[resolvedType.name]?.split(' ') ?? []) : null,
    former: isMessage ? formerMessage(field) : null,
  };
};

const planMessage = (type: protobuf.Type, kept: readonly string[]): MessagePlan => {
  const fields: (FieldPlan | null | undefined)[] = [];
  for (const field of type.fieldsArray) fields[field.id] = null;
  for (const name of kept) {
    const field = type.fields[name];
    if (field === undefined) throw new Error(`${type.fullName} has no field ${name}`);
    fields[field.id] = planField(field);
  }
  const hasLabels = fields.some((field) => field?.kind === 'labels');
  return { fields: Array.from(fields), hasLabels };
};

/** Throws when a name is not in the schema: a fault of the tables, found when the schema is loaded. */
export const compileProjection = (
  type: protobuf.Type,
  kept: readonly string[],
  items: string | null,
): Projection => ({
  ...planMessage(type, kept),
  type,
  itemsField: items === null ? 0 : (type.fields[items]?.id ?? 0),
});
