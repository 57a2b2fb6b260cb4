import protobuf from 'protobufjs';
import type { Kept, KeptValue } from './kept.ts';
import type { FactPath } from './methods.ts';

/** What was kept of a call's messages, as far as they were seen. */
export interface CallMessages {
  readonly request: ReadMessage | null;
  /** Of a stream: null, as no message of it speaks for the call. */
  readonly response: ReadMessage | null;
}

export interface ReadMessage {
  readonly kept: Kept;
  /** Read to its end with nothing left out: a field that is not there has its default value. */
  readonly isWhole: boolean;
}

/** A compiled path into one of a call's messages. */
export interface KeptPath {
  readonly side: 'request' | 'response';
  readonly steps: readonly string[];
  /** What stands at its end. */
  readonly leaf: protobuf.Field;
  /** Value of a number, boolean or enum that was not on the wire. */
  readonly whenAbsent: KeptValue | undefined;
}

/** The type of the messages that a step leads to, and the field at the end. */
export const followType = (type: protobuf.Type, steps: readonly string[]): protobuf.Field => {
  const [name, ...rest] = steps;
  const field = name === undefined ? undefined : type.fields[name];
  if (field === undefined) throw new Error(`${type.fullName} has no field ${name}`);
  if (rest.length === 0) return field;
  if (!(field.resolvedType instanceof protobuf.Type)) throw new Error(`${field.fullName} is no message`);
  return followType(field.resolvedType, rest);
};

const absentValue = (leaf: protobuf.Field): KeptValue | undefined => {
  if (leaf.repeated || leaf instanceof protobuf.MapField) return undefined;
  if (leaf.resolvedType instanceof protobuf.Enum) return leaf.resolvedType.valuesById[0];
  if (leaf.resolvedType !== null || leaf.type === 'string' || leaf.type === 'bytes') return undefined;
  return leaf.type === 'bool' ? false : 0;
};

export const compilePath = (path: string, request: protobuf.Type, response: protobuf.Type): KeptPath => {
  const [side, ...steps] = path.split('.');
  if (side !== 'request' && side !== 'response') throw new Error(`${path} begins with neither message`);
  const leaf = followType(side === 'request' ? request : response, steps);
  return { side, steps, leaf, whenAbsent: absentValue(leaf) };
};

export const compilePaths = (
  paths: FactPath,
  request: protobuf.Type,
  response: protobuf.Type,
): readonly KeptPath[] => paths.split(' ').map((path) => compilePath(path, request, response));

export const isKept = (value: KeptValue | undefined): value is Kept =>
  typeof value === 'object' && !Array.isArray(value);

export const listOf = (value: KeptValue | undefined): readonly KeptValue[] =>
  Array.isArray(value) ? value : [];

/** What stands at a path, its default where the message around it is there, undefined where it is not. */
export const valueAt = (path: KeptPath, messages: CallMessages): KeptValue | undefined => {
  const message = messages[path.side];
  if (message === null) return undefined;
  let value: KeptValue | undefined = message.kept;
  for (const step of path.steps) {
    if (!isKept(value)) return undefined;
    value = value[step];
  }
  return value ?? (message.isWhole && isParentThere(path, message.kept) ? path.whenAbsent : undefined);
};

const isParentThere = (path: KeptPath, kept: Kept): boolean => {
  let value: KeptValue | undefined = kept;
  for (let i = 0; i < path.steps.length - 1; i++) {
    const step: string | undefined = path.steps[i];
    value = isKept(value) && step !== undefined ? value[step] : undefined;
  }
  return value !== undefined;
};
