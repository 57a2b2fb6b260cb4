import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';

/** A call's end: a grpc-status, a reset of its stream, or the loss of its whole connection. */
export type CallEnd =
  | { readonly kind: 'status'; readonly code: number; readonly message: string }
  | { readonly kind: 'reset'; readonly code: number }
  | { readonly kind: 'connection-lost' };

export const finished: CallEnd = { kind: 'status', code: 0, message: '' };

export const failed = (code: number, message: string): CallEnd => ({ kind: 'status', code, message });

export interface ServerCall {
  /** Without the leading slash: `runtime.v1.RuntimeService/Version`. */
  readonly method: string;
  readonly request: Buffer;
  readonly metadata: IncomingHttpHeaders;
  /** Aborts when the client gave up or its connection ended. */
  readonly signal: AbortSignal;
  /** Writes one message and waits until the stream takes more. */
  send(message: Uint8Array): Promise<void>;
}

export interface GrpcServerOptions {
  readonly handle: (call: ServerCall) => Promise<CallEnd>;
  readonly limits?: GrpcServerLimits;
  /** Sends replies with the compressed flag set and `grpc-encoding: gzip`. */
  readonly gzipReplies?: boolean;
}

export interface GrpcServerLimits {
  /** 16 MiB in containerd. */
  readonly maxReceiveBytes: number;
}

export const defaultGrpcServerLimits: GrpcServerLimits = { maxReceiveBytes: 16 * 1024 * 1024 };

export interface GrpcServer {
  listen(socket: string): Promise<void>;
  /** Closes the socket and every connection at once, as a killed process would. */
  close(): Promise<void>;
}

const prefixBytes = 5;

/** Node refuses new streams while a session holds more; its default of 10 is less than one large list reply. */
const sessionMegabytes = 256;

/**
 * Promises settle while nghttp2 is still in the callback of the frame that it reads, and node:http2 frees a stream
 * there that is reset or destroyed: nghttp2 then goes on with freed memory, and the process dies. So nothing is torn down
 * before the event loop's next turn.
 */
const outsideRead = (): Promise<void> => nextTurn();

const framed = (message: Uint8Array, compressed: boolean): Buffer => {
  const body = compressed ? gzipSync(message) : message;
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt8(compressed ? 1 : 0, 0);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
};

/** gRPC over HTTP/2, "Status-Message": printable ASCII but for the percent sign stays, the rest is percent-encoded UTF-8. */
const percentEncoded = (text: string): string =>
  text.replace(/[^\x20-\x24\x26-\x7e]+/gu, (run) =>
    Buffer.from(run).reduce((all, byte) => `${all}%${byte.toString(16).toUpperCase().padStart(2, '0')}`, ''),
  );

const responseHeaders = (gzip: boolean) => ({
  ':status': 200,
  'content-type': 'application/grpc',
  ...(gzip ? { 'grpc-encoding': 'gzip' } : {}),
});

/** The one message of a unary or server-streaming request. Null: over the limit, read to its end but not kept. */
const readRequest = async (stream: ServerHttp2Stream, limit: number): Promise<Buffer | null> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > limit + prefixBytes) chunks.length = 0;
    else chunks.push(chunk);
  }
  if (length > limit + prefixBytes) return null;
  const all = Buffer.concat(chunks);
  const body = all.subarray(prefixBytes);
  return all[0] === 1 ? gunzipSync(body, { maxOutputLength: limit }) : body;
};

/**
 * A gRPC server on a unix socket, on node:http2 and not on grpc-js, whose server cannot answer for methods it does
 * not know, compress replies, reset a stream or lose a connection: what runtimes do and tests ask for.
 * Like grpc-go, a call that fails before its first message is answered by one HEADERS frame (Trailers-Only).
 */
export const createGrpcServer = (options: GrpcServerOptions): GrpcServer => {
  const { handle, gzipReplies = false, limits = defaultGrpcServerLimits } = options;
  const connections = new Set<Socket>();

  const serve = async (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    connection: Socket,
  ): Promise<void> => {
    const aborted = new AbortController();
    stream.on('close', () => aborted.abort());
    let end: CallEnd;
    const request = await readRequest(stream, limits.maxReceiveBytes);
    if (request === null) {
      end = failed(8, `grpc: received message larger than max (limit ${limits.maxReceiveBytes})`);
    } else {
      end = await handle({
        method: (headers[':path'] ?? '').slice(1),
        request,
        metadata: headers,
        signal: aborted.signal,
        async send(message) {
          if (stream.destroyed) return;
          if (!stream.headersSent) stream.respond(responseHeaders(gzipReplies), { waitForTrailers: true });
          if (!stream.write(framed(message, gzipReplies)) && !stream.destroyed)
            await new Promise<void>((resolve) => {
              const done = () => {
                stream.off('drain', done);
                stream.off('close', done);
                resolve();
              };
              stream.on('drain', done);
              stream.on('close', done);
            });
        },
      });
    }
    if (stream.destroyed) return;
    if (end.kind !== 'status') {
      await outsideRead();
      if (end.kind === 'reset') stream.close(end.code);
      else connection.destroy();
      return;
    }
    const trailers = { 'grpc-status': String(end.code), 'grpc-message': percentEncoded(end.message) };
    if (!stream.headersSent) {
      stream.respond({ ...responseHeaders(false), ...trailers }, { endStream: true });
      return;
    }
    stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end();
  };

  const server = createServer((connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    const session = performServerHandshake(connection, { maxSessionMemory: sessionMegabytes });
    // A client that vanishes is no fault of the server.
    session.on('error', () => undefined);
    session.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      serve(stream, headers, connection).catch(async () => {
        await outsideRead();
        if (!stream.destroyed) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      });
    });
  });

  return {
    listen: (socket) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(socket, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    async close() {
      await outsideRead();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const connection of connections) connection.destroy();
      });
    },
  };
};
