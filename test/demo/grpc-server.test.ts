import assert from 'node:assert/strict';
import { connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createGrpcServer, failed, finished, type GrpcServerOptions } from '../../src/demo/grpc-server.ts';
import { temporaryFolder } from '../support/folder.ts';

interface Reply {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders | null;
  readonly body: Buffer;
  readonly reset: number;
}

/** A server, and a bare HTTP/2 request to it: what is on the wire, not what a gRPC client makes of it. */
const aServer = async (t: TestContext, options: GrpcServerOptions) => {
  const socket = join(await temporaryFolder(t), 'server.sock');
  const server = createGrpcServer(options);
  await server.listen(socket);
  t.after(() => server.close());
  return (path: string, message: Uint8Array): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const session = connect('http://localhost', { path: socket });
      const stream = session.request({ ':method': 'POST', ':path': path, te: 'trailers' });
      let headers: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders | null = null;
      const chunks: Buffer[] = [];
      stream.on('response', (received) => {
        headers = received;
      });
      stream.on('trailers', (received) => {
        trailers = received;
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', () => undefined);
      session.on('error', reject);
      stream.on('close', () => {
        session.destroy();
        resolve({ headers, trailers, body: Buffer.concat(chunks), reset: stream.rstCode });
      });
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      stream.end(Buffer.concat([prefix, message]));
    });
};

test('a reply is HEADERS, DATA and trailers', async (t) => {
  const request = await aServer(t, {
    async handle(call) {
      await call.send(Buffer.from(`${call.method} ${call.request}`));
      return finished;
    },
  });
  const reply = await request('/a.B/C', Buffer.from('ping'));
  assert.equal(reply.headers['content-type'], 'application/grpc');
  assert.equal(reply.headers['grpc-status'], undefined);
  assert.deepEqual(reply.body, Buffer.concat([Buffer.from([0, 0, 0, 0, 10]), Buffer.from('a.B/C ping')]));
  assert.equal(reply.trailers?.['grpc-status'], '0');
  assert.equal(reply.trailers?.['grpc-message'], '');
});

test('an error before the first message is trailers-only, its text percent-encoded', async (t) => {
  const request = await aServer(t, { handle: async () => failed(5, 'no "ä" at 100 %\n') });
  const reply = await request('/a.B/C', Buffer.alloc(0));
  assert.equal(reply.headers['grpc-status'], '5');
  assert.equal(reply.headers['grpc-message'], 'no "%C3%A4" at 100 %25%0A');
  assert.equal(reply.trailers, null);
  assert.equal(reply.body.length, 0);
});

test('gzip replies set the compressed flag', async (t) => {
  const text = Buffer.alloc(10_000, 'abc');
  const request = await aServer(t, {
    gzipReplies: true,
    async handle(call) {
      await call.send(text);
      return finished;
    },
  });
  const { headers, body } = await request('/a.B/C', Buffer.alloc(0));
  assert.equal(headers['grpc-encoding'], 'gzip');
  assert.equal(body[0], 1);
  assert.equal(body.readUInt32BE(1), body.length - 5);
  assert.deepEqual(gunzipSync(body.subarray(5)), text);
});

test('a call can end with a reset, and a handler that throws does', async (t) => {
  const request = await aServer(t, {
    async handle(call) {
      if (call.method === 'a.B/Throw') throw new Error('a fault of the handler');
      return { kind: 'reset', code: constants.NGHTTP2_CANCEL };
    },
  });
  assert.equal((await request('/a.B/C', Buffer.alloc(0))).reset, constants.NGHTTP2_CANCEL);
  assert.equal((await request('/a.B/Throw', Buffer.alloc(0))).reset, constants.NGHTTP2_INTERNAL_ERROR);
});

test('a request over the limit is refused with RESOURCE_EXHAUSTED', async (t) => {
  const request = await aServer(t, { limits: { maxReceiveBytes: 1_000 }, handle: async () => finished });
  assert.equal((await request('/a.B/C', Buffer.alloc(1_000))).headers['grpc-status'], '0');
  assert.equal((await request('/a.B/C', Buffer.alloc(1_001))).headers['grpc-status'], '8');
});
