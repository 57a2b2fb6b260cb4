import { type CriCallsOptions, type CriReading, createCriCalls } from '../../src/cri/call.ts';
import { createCriCounters } from '../../src/cri/limits.ts';
import { findMethod } from '../../src/cri/methods.ts';
import { type CriSchema, loadSchema } from '../../src/cri/schema.ts';
import type { Direction } from '../../src/foundation/direction.ts';
import { encode, type Plain } from './arbitrary-message.ts';

export const schema: CriSchema = loadSchema();

export type Options = Partial<Omit<CriCallsOptions, 'schema'>>;

/** Starts a call on a path that must be one of the CRI. */
export const start = (path: string, options: Options = {}) => {
  const call = createCriCalls({ full: false, counters: createCriCounters(), ...options, schema })(path);
  if (call === null) throw new Error(`${path} is no CRI method`);
  return call;
};

export type Call = ReturnType<typeof start>;

/** Gives a whole message in pieces of at most `size` bytes. */
export const send = (
  call: Call,
  direction: Direction,
  bytes: Uint8Array,
  { size = Number.MAX_SAFE_INTEGER, compressed = false } = {},
): void => {
  let offset = 0;
  do {
    const piece = Uint8Array.from(bytes.subarray(offset, offset + size));
    const last = offset + piece.length === bytes.length;
    call.message(direction, { bytes: piece, offset, length: bytes.length, last, compressed });
    piece.fill(0xff);
    offset += piece.length;
  } while (offset < bytes.length);
};

export const typesOf = (path: string) => {
  const found = findMethod(path);
  const compiled = found === null ? undefined : schema.methods.get(found.method);
  if (compiled === undefined) throw new Error(`${path} is no CRI method`);
  return { request: compiled.request.type, response: compiled.response.type };
};

/** A whole call of v1: messages as plain objects in, the reading out. */
export const run = (
  name: string,
  request: Plain | null,
  responses: readonly Plain[],
  options: Options = {},
): CriReading => {
  const path = `runtime.v1.${name}`;
  const types = typesOf(path);
  const call = start(path, options);
  if (request !== null) send(call, 'request', encode(types.request, request));
  for (const response of responses) send(call, 'response', encode(types.response, response));
  return call.finish();
};
