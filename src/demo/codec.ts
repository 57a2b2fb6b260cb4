import type { Type } from 'protobufjs';
import { type ApiVersion, loadProto } from '../cri/proto.ts';

export type { ApiVersion };
export type ServiceName = 'RuntimeService' | 'ImageService';

/** A message as plain data: names as in proto/, enum values by name, 64-bit numbers as strings, unset fields absent. */
export type Message = Readonly<Record<string, unknown>>;

export interface MethodCodec {
  readonly name: string;
  readonly service: ServiceName;
  /** As in `:path`. */
  readonly path: string;
  readonly serverStreaming: boolean;
  readonly encodeRequest: (message: Message) => Buffer;
  readonly decodeRequest: (bytes: Uint8Array) => Message;
  readonly encodeResponse: (message: Message) => Buffer;
  readonly decodeResponse: (bytes: Uint8Array) => Message;
}

const codec = (type: Type) => ({
  encode(message: Message): Buffer {
    const bytes = type.encode(type.fromObject({ ...message })).finish();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  },
  decode: (bytes: Uint8Array): Message =>
    type.toObject(type.decode(bytes), { longs: String, enums: String, bytes: Buffer }),
});

export const serviceNames = ['RuntimeService', 'ImageService'] as const satisfies readonly ServiceName[];

/** Every method of one API version, by name. */
export const methodCodecs = (version: ApiVersion): ReadonlyMap<string, MethodCodec> => {
  const root = loadProto(version);
  const methods = new Map<string, MethodCodec>();
  for (const service of serviceNames) {
    const definition = root.lookupService(`runtime.${version}.${service}`);
    for (const method of definition.methodsArray) {
      const request = codec(definition.lookupType(method.requestType));
      const response = codec(definition.lookupType(method.responseType));
      methods.set(method.name, {
        name: method.name,
        service,
        path: `/runtime.${version}.${service}/${method.name}`,
        serverStreaming: method.responseStream === true,
        encodeRequest: request.encode,
        decodeRequest: request.decode,
        encodeResponse: response.encode,
        decodeResponse: response.decode,
      });
    }
  }
  return methods;
};

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A string field, or '' as protobuf has it when the field is unset. */
export const text = (message: Message, field: string): string => {
  const value = message[field];
  return typeof value === 'string' ? value : '';
};

/** A message field, or one with nothing set. */
export const child = (message: Message, field: string): Message => {
  const value = message[field];
  return isMessage(value) ? value : {};
};

/** A repeated message field. */
export const children = (message: Message, field: string): readonly Message[] => {
  const value = message[field];
  return Array.isArray(value) ? value.filter(isMessage) : [];
};
