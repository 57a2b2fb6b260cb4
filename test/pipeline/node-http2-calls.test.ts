import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http2 from 'node:http2';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../support/folder.ts';
import { aProxy, observed } from '../support/observed.ts';
import { until } from '../support/until.ts';

const framed = (bytes: number, compressed = false): Buffer => {
  const body = compressed ? gzipSync(Buffer.alloc(bytes, 'ab')) : Buffer.alloc(bytes, 'ab');
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(compressed ? 1 : 0, 0);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
};

const requests = [[framed(0)], [framed(7)], [framed(70_000)], [framed(9, true), framed(3_000)], []] as const;
const replies = [[], [framed(0)], [framed(10), framed(100_000, true), framed(3)], [framed(300_000)]] as const;
const ends = ['status', 'early', 'trailers_only', 'reset', 'cancelled', 'never'] as const;
type End = (typeof ends)[number];

/** node:http2 on both sides: compression tables from none to large ones, padding, headers of several frames. */
const tableSizes = [0, 100, 4096, 65_536] as const;

const serverOf = async (t: TestContext, socket: string, headerTableSize: number): Promise<void> => {
  const server = http2.createServer({
    settings: { headerTableSize, initialWindowSize: 1_000, maxHeaderListSize: 1 << 20 },
    maxSendHeaderBlockLength: 1 << 20,
    paddingStrategy: http2.constants.PADDING_STRATEGY_MAX,
  });
  server.on('stream', async (stream, headers) => {
    stream.on('error', () => undefined);
    stream.resume();
    const end = String(headers['x-end']);
    if (end !== 'early' && end !== 'never') await once(stream, 'end').catch(() => undefined);
    // Nothing of a stream is torn down while its frame is being read.
    await nextTurn();
    if (stream.destroyed || end === 'cancelled' || end === 'never') return;
    if (end === 'reset') return stream.close(http2.constants.NGHTTP2_CANCEL);
    const head = { ':status': 200, 'content-type': 'application/grpc' };
    const trailers = { 'grpc-status': '5', 'grpc-message': 'x'.repeat(20_000) };
    if (end === 'trailers_only') return stream.respond({ ...head, ...trailers }, { endStream: true });
    stream.respond({ ...head, 'x-long': 'y'.repeat(40_000) }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    for (const message of replies[Number(headers['x-reply'])] ?? []) stream.write(message);
    stream.end();
  });
  server.listen(socket);
  await once(server, 'listening');
  t.after(() => server.close());
};

const sizes = (messages: readonly Buffer[]): readonly [number, number] => [
  messages.length,
  messages.reduce((sum, message) => sum + message.length - 5, 0),
];

for (const headerTableSize of tableSizes)
  test(`what node:http2 says on both sides is what is seen, with a table of ${headerTableSize}`, async (t) => {
    const runtime = join(await temporaryFolder(t), 'runtime.sock');
    await serverOf(t, runtime, headerTableSize);
    const { proxy, socket } = await aProxy(t, runtime);
    const watching = observed(proxy);
    const session = http2.connect('http://localhost', {
      path: socket,
      maxSendHeaderBlockLength: 1 << 20,
      settings: { headerTableSize: tableSizes[(headerTableSize + 1) % 4] ?? 0, initialWindowSize: 500 },
    });
    session.on('error', () => undefined);

    const told: { stream: number; end: End; request: readonly Buffer[]; reply: readonly Buffer[] }[] = [];
    const closed: Promise<unknown>[] = [];
    for (const end of ends)
      for (const [index, request] of requests.entries()) {
        const reply = (told.length + index) % replies.length;
        const stream = session.request({
          ':method': 'POST',
          ':path': `/of.a.Service/Method${index}`,
          'content-type': 'application/grpc',
          te: 'trailers',
          tracestate: '',
          'x-end': end,
          'x-reply': String(reply),
          ...(index === 2 ? { 'x-long': 'z'.repeat(60_000) } : {}),
        });
        stream.on('error', () => undefined);
        stream.resume();
        for (const message of request) stream.write(message);
        if (end !== 'never') stream.end();
        if (end === 'cancelled') stream.on('finish', () => setImmediate(() => stream.close(8)));
        if (end !== 'never') closed.push(once(stream, 'close').catch(() => undefined));
        told.push({ stream: told.length * 2 + 1, end, request, reply: replies[reply] ?? [] });
      }
    await Promise.all(closed);
    await until(
      () => watching.calls().length >= closed.length,
      () => `${closed.length} calls`,
    );
    session.destroy();
    await until(
      () => watching.calls().length >= told.length,
      () => `all ${told.length} calls`,
    );
    await proxy.stop();
    await watching.done;

    const calls = new Map(watching.calls().map((call) => [call.stream, call]));
    for (const { stream, end, request, reply } of told) {
      const call = calls.get(stream);
      const says = `${end} of stream ${stream}`;
      assert.equal(call?.method, `of.a.Service/Method${((stream - 1) / 2) % requests.length}`, says);
      const { outcome, statusCode, reset } = call.result;
      const expected =
        end === 'reset'
          ? ['reset', null, 'server']
          : end === 'cancelled'
            ? ['reset', null, 'client']
            : ['finished', 5, null];
      // A session that is destroyed resets the streams for which it still finds the time.
      if (end === 'never')
        assert.ok(outcome === 'reset' || outcome === 'connection_lost', `${says}: ${outcome}`);
      else if (end === 'early') assert.deepEqual([outcome, statusCode], ['finished', 5], says);
      else assert.deepEqual([outcome, statusCode, reset?.by ?? null], expected, says);
      if (end === 'early' || end === 'never' || end === 'cancelled') continue;
      assert.deepEqual([call.result.request.messages, call.result.request.bytes], sizes(request), says);
      const answered = end === 'status' ? reply : [];
      assert.deepEqual([call.result.response.messages, call.result.response.bytes], sizes(answered), says);
    }
  });
