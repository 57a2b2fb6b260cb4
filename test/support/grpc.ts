import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { temporaryFolder } from './folder.ts';

/** All that a client of gRPC can know of a call, but the times. */
export interface Exchange {
  readonly code: string;
  readonly details: string;
  readonly messages: readonly Buffer[];
  readonly headers: readonly string[];
  readonly trailers: readonly string[];
}

export interface ExchangeOptions {
  readonly metadata?: Metadata;
  readonly timeoutMs?: number;
  /** Gives up after so many messages. */
  readonly cancelAfter?: number;
  readonly onMessage?: (message: Buffer) => void;
}

const asIs = (bytes: Buffer): Buffer => bytes;

/** `date` is the moment's. Whether headers came apart from trailers is grpc-js's own doing. */
const pairs = (metadata: Metadata): string[] =>
  Object.keys(metadata.getMap())
    .filter((key) => key !== 'date')
    .sort()
    .map(
      (key) =>
        `${key}=${metadata
          .get(key)
          .map((value) => (typeof value === 'string' ? value : value.toString('hex')))
          .join(',')}`,
    );

export type Exchanging = (path: string, body: Uint8Array, options?: ExchangeOptions) => Promise<Exchange>;

/** A client of any gRPC method on a connection of its own, without limits on sizes; closed at the test's end. */
export const grpcClient = (test: TestContext, socket: string, options: object = {}): Exchanging => {
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.default_authority': 'localhost',
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': 20,
    'grpc.min_reconnect_backoff_ms': 20,
    'grpc.max_reconnect_backoff_ms': 50,
    ...options,
  });
  test.after(() => client.close());
  return (path, body, { metadata = new Metadata(), timeoutMs = 30_000, cancelAfter, onMessage } = {}) =>
    new Promise((resolve) => {
      const messages: Buffer[] = [];
      let headers: string[] = [];
      const deadline = Date.now() + timeoutMs;
      const call = client.makeServerStreamRequest(path, asIs, asIs, Buffer.from(body), metadata, {
        deadline,
      });
      call.on('metadata', (metadata) => {
        headers = pairs(metadata);
      });
      call.on('data', (message: Buffer) => {
        messages.push(message);
        onMessage?.(message);
        if (messages.length === cancelAfter) call.cancel();
      });
      call.on('error', () => undefined);
      call.on('status', ({ code, details, metadata }) =>
        resolve({
          code: status[code] ?? String(code),
          // grpc-js puts its own waiting times into the text of a deadline.
          details: code === status.DEADLINE_EXCEEDED ? '' : details,
          messages,
          headers,
          trailers: pairs(metadata),
        }),
      );
    });
};

/** The same with digests in the place of messages, to be compared and printed. */
export const brief = ({ messages, ...rest }: Exchange) => ({
  ...rest,
  messages: messages.map((message) => `${message.length} ${createHash('md5').update(message).digest('hex')}`),
});

export type Handler = (call: ServerWritableStream<Buffer, Buffer>) => void;

/** A real gRPC server (grpc-js) on a socket of its own, for the methods named. */
export const grpcServer = async (
  test: TestContext,
  methods: Readonly<Record<string, Handler>>,
  at?: string,
): Promise<string> => {
  const socket = at ?? join(await temporaryFolder(test), 'runtime.sock');
  const server = new Server({
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  });
  for (const [path, handler] of Object.entries(methods)) {
    const definition = {
      path,
      requestStream: false,
      responseStream: true,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    server.addService({ method: definition }, { method: handler });
  }
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  test.after(() => server.forceShutdown());
  return socket;
};
