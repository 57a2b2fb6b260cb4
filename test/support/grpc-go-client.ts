import { connect } from 'node:net';
import type { Direction } from '../../src/foundation/direction.ts';
import { until } from './until.ts';

/**
 * A client that writes its requests as grpc-go does: the same fields in the same order, each that is new put into the
 * table, each that is there named by its number. So once warm a request is some nine octets that name nothing.
 */
export interface GrpcGoClient {
  /** Null: the reply goes on. */
  call(path: string, body: Uint8Array, timeout: string | null, goesOn?: boolean): Promise<Replied>;
  /** Stream numbers count by twos from 1. */
  readonly calls: readonly { readonly stream: number; readonly path: string }[];
  close(): void;
}

export interface Replied {
  readonly stream: number;
  /** Payloads of its messages. */
  readonly messages: readonly Buffer[];
}

export interface GrpcGoOptions {
  readonly authority: string;
  readonly userAgent: string;
  readonly acceptsEncodings: boolean;
  /** What passes, in pieces as it is written and read. */
  readonly onBytes?: (direction: Direction, bytes: Buffer) => void;
  readonly onClose?: () => void;
}

/** RFC 7541, 5.1. */
const integer = (value: number, prefix: number, flags: number): number[] => {
  const most = 2 ** prefix - 1;
  if (value < most) return [flags | value];
  const octets = [flags | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push((rest % 128) + 128);
  return [...octets, rest];
};

const staticNames: Readonly<Record<string, number>> = {
  ':authority': 1,
  ':path': 4,
  'content-type': 31,
  'user-agent': 58,
};
const staticEntries = 61;

/** The header blocks of one direction of a connection, as grpc-go writes them. */
export const createGrpcGoEncoder = () => {
  const table: (readonly [string, string])[] = [];
  const indexOf = (at: number): number => staticEntries + table.length - at;
  return (fields: readonly (readonly [string, string])[]): Buffer => {
    const octets: number[] = [];
    const text = (value: string): void => {
      octets.push(...integer(value.length, 7, 0), ...Buffer.from(value, 'latin1'));
    };
    for (const [name, value] of fields) {
      const same = table.findIndex(([n, v]) => n === name && v === value);
      if (same >= 0) {
        octets.push(...integer(indexOf(same), 7, 0x80));
        continue;
      }
      const named = table.findLastIndex(([n]) => n === name);
      const index = staticNames[name] ?? (named < 0 ? 0 : indexOf(named));
      octets.push(...integer(index, 6, 0x40));
      if (index === 0) text(name);
      text(value);
      table.push([name, value]);
    }
    return Buffer.from(octets);
  };
};

export const frame = (type: number, flags: number, stream: number, payload: Uint8Array): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};

export const frameTypes = { data: 0, headers: 1, rst: 3, settings: 4, ping: 6, windowUpdate: 8 } as const;
const endStream = 1;
const endHeaders = 4;
const ack = 1;

/** `:method: POST` and `:scheme: http` stand in the static table. */
const fixed = Buffer.from([0x83, 0x86]);

const messagesOf = (bytes: Buffer): Buffer[] => {
  const messages: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    messages.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return messages;
};

export const grpcGoClient = async (socket: string, options: GrpcGoOptions): Promise<GrpcGoClient> => {
  const { authority, userAgent, acceptsEncodings, onBytes = () => undefined } = options;
  const connection = connect(socket);
  await new Promise<void>((resolve, reject) => connection.once('connect', resolve).once('error', reject));
  const encode = createGrpcGoEncoder();
  const bodies = new Map<number, Buffer[]>();
  const ended = new Set<number>();
  const calls: { stream: number; path: string }[] = [];
  let isClosed = false;
  connection.on('close', () => {
    isClosed = true;
    options.onClose?.();
  });
  connection.on('error', () => undefined);

  const write = (...parts: readonly Buffer[]): void => {
    const bytes = Buffer.concat(parts);
    onBytes('request', bytes);
    connection.write(bytes);
  };

  let rest = Buffer.alloc(0);
  connection.on('data', (bytes: Buffer) => {
    onBytes('response', bytes);
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const flags = rest[4] ?? 0;
      const stream = rest.readUInt32BE(5) & 0x7fffffff;
      const payload = rest.subarray(9, end);
      const type = rest[3];
      if (type === frameTypes.settings && (flags & ack) === 0)
        write(frame(frameTypes.settings, ack, 0, Buffer.alloc(0)));
      if (type === frameTypes.ping && (flags & ack) === 0) write(frame(frameTypes.ping, ack, 0, payload));
      if (type === frameTypes.data) bodies.get(stream)?.push(payload);
      const isEnd = (type === frameTypes.data || type === frameTypes.headers) && (flags & endStream) !== 0;
      if (isEnd || type === frameTypes.rst) ended.add(stream);
      rest = rest.subarray(end);
    }
  });

  const wide = Buffer.alloc(4);
  wide.writeUInt32BE(0x3fff_0000);
  const windows = Buffer.from([0, 4, ...wide]);
  write(
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'),
    frame(frameTypes.settings, 0, 0, windows),
    frame(frameTypes.windowUpdate, 0, 0, wide),
  );

  return {
    calls,
    async call(path, body, timeout, goesOn = false) {
      const stream = calls.length * 2 + 1;
      calls.push({ stream, path });
      const pieces: Buffer[] = [];
      bodies.set(stream, pieces);
      const fields: (readonly [string, string])[] = [
        [':path', path],
        [':authority', authority],
        ['content-type', 'application/grpc'],
        ['user-agent', userAgent],
        ['te', 'trailers'],
      ];
      if (acceptsEncodings) fields.push(['grpc-accept-encoding', 'gzip']);
      if (timeout !== null) fields.push(['grpc-timeout', timeout]);
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(body.length, 1);
      write(
        frame(frameTypes.headers, endHeaders, stream, Buffer.concat([fixed, encode(fields)])),
        frame(frameTypes.data, endStream, stream, Buffer.concat([prefix, body])),
      );
      if (!goesOn) {
        await until(
          () => ended.has(stream) || isClosed,
          () => `the end of ${path}`,
        );
      }
      return { stream, messages: messagesOf(Buffer.concat(pieces)) };
    },
    close: () => connection.destroy(),
  };
};
