import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Call } from '../../src/calls/call.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { type MethodCodec, methodCodecs } from '../../src/demo/codec.ts';
import { detectContainerd } from '../../src/demo/containerd.ts';
import { runScenario } from '../../src/demo/scenario.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { directions } from '../../src/foundation/direction.ts';
import { createPipeline } from '../../src/pipeline.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import type { Source } from '../../src/source/source.ts';
import { callerAt, observedBytes, received, runtimeAt } from '../source/proxy/stage.ts';
import { count, pythonScript, socketPath, tapOn, watchTap } from '../source/tap/stage.ts';
import { aRuntime } from '../support/a-runtime.ts';
import { grpcGoClient } from '../support/grpc-go-client.ts';
import { aProxy } from '../support/observed.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

const digest = (bytes: Uint8Array): string =>
  `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;

interface Watching {
  readonly proxySocket: string;
  /** Comes to an end with all that happened before. */
  end(): Promise<Seen>;
  /** The tap is put in place: from now on it sees what passes. */
  tap(): void;
}

/** What passed between clients and proxy, by the proxy and by the tap, and between proxy and runtime, by the tap. */
interface Seen {
  readonly proxy: readonly SourceEvent[];
  readonly atProxy: readonly SourceEvent[];
  readonly atRuntime: readonly SourceEvent[];
}

const connectionsIn = (events: readonly SourceEvent[]): number[] =>
  events.flatMap((event) => (event.kind === 'open' ? [event.connection] : []));

/** Both directions of each connection on which anything was said. */
const said = (events: readonly SourceEvent[]): string[] =>
  connectionsIn(events)
    .map((connection) => directions.map((direction) => observedBytes(events, connection, direction)))
    .filter((both) => both.some(({ length }) => length > 0))
    .map((both) => both.map(digest).join(' '))
    .sort();

/** What is told of the connections to the endpoint that are closed: others may have some that stay. */
const closedAt = (events: readonly SourceEvent[], endpoint: string): SourceEvent[] => {
  const ours = new Set<number>();
  const closed = new Set<number>();
  for (const event of events) {
    if (event.kind === 'open' && event.endpoint === endpoint) ours.add(event.connection);
    if (event.kind === 'close' && ours.has(event.connection)) closed.add(event.connection);
  }
  return events.filter((event) => 'connection' in event && closed.has(event.connection));
};

/**
 * A proxy before the runtime, and a tap on the sockets of both: it sees the clients' connections to the proxy and those
 * of the proxy to the runtime, whose bytes must all be the same.
 */
const watching = async (t: TestContext, runtime: string): Promise<Watching> => {
  const { proxy, socket } = await aProxy(t, runtime, { maxQueuedBytes: 256 * 1024 * 1024 });
  const byProxy = watchTap(proxy);
  const byTap: { readonly source: Source; readonly seen: ReturnType<typeof watchTap> }[] = [];
  return {
    proxySocket: socket,
    tap() {
      const endpoints = [socket, runtime];
      const tap = tapOn(t, socket, { ringBytes: 64 * 1024 * 1024 }, { endpoints });
      byTap.push({ source: tap, seen: watchTap(tap) });
    },
    async end() {
      const [tapped] = byTap;
      assert.ok(tapped !== undefined, 'a tap');
      const { events } = tapped.seen;
      await until(() => proxy.counters.openNow === 0, 'the proxy’s connections to close');
      const ends = said(byProxy.events).length;
      await until(
        () => [socket, runtime].every((endpoint) => said(closedAt(events, endpoint)).length === ends),
        'the closes of all connections',
      );
      await tapped.source.stop();
      await tapped.seen.done;
      await proxy.stop();
      await byProxy.done;
      return {
        proxy: byProxy.events,
        atProxy: closedAt(events, socket),
        atRuntime: closedAt(events, runtime),
      };
    },
  };
};

const assertSame = ({ proxy, atProxy, atRuntime }: Seen, connections: number): void => {
  assert.equal(count([...proxy, ...atProxy, ...atRuntime], 'gap'), 0);
  const expected = said(proxy);
  assert.equal(expected.length, connections);
  assert.deepEqual(said(atProxy), expected);
  assert.deepEqual(said(atRuntime), expected);
};

const echo = (socket: Socket): void => {
  socket.pipe(socket);
};

const scripts: readonly [string, number, (socket: string) => Promise<void>][] = [
  [
    '30 MB each way',
    1,
    async (socket) => {
      const caller = await callerAt(socket);
      const bytes = randomBytes(30 * 1024 * 1024);
      caller.end(bytes);
      assert.equal(digest(await received(caller)), digest(bytes));
    },
  ],
  [
    '200 connections at a time',
    200,
    async (socket) => {
      const call = async (): Promise<void> => {
        const caller = await callerAt(socket);
        caller.end(randomBytes(20_000));
        assert.equal((await received(caller)).length, 20_000);
      };
      await Promise.all(Array.from({ length: 200 }, call));
    },
  ],
  [
    'pieces of one byte, peeks, short reads, several readers of one socket, and a direction that ends early',
    2,
    async (socket) => {
      const script = `
def client():
    c = socket.socket(socket.AF_UNIX); c.connect(s)
    return c
c = client()
text = os.urandom(700)
for at in range(len(text)): c.send(text[at:at+1])
got = b''
while len(got) < 300:
    c.recv(100, socket.MSG_PEEK)
    got += c.recv(3)
lock = threading.Lock(); rest = []
def read():
    while True:
        with lock:
            piece = c.recv(7)
            rest.append(piece)
        if not piece: return
threads = [threading.Thread(target=read) for _ in range(4)]
for thread in threads: thread.start()
c.shutdown(socket.SHUT_WR)
for thread in threads: thread.join()
assert got + b''.join(rest) == text
c.close()
c = client()
c.send(b'only a word'); c.shutdown(socket.SHUT_WR)
while c.recv(1): pass
c.close()
`;
      await run(...pythonScript(socket, script));
    },
  ],
];

for (const [name, connections, play] of scripts)
  test(`proxy and tap see the same bytes: ${name}`, async (t) => {
    const path = socketPath(t);
    const server = await runtimeAt(path, echo);
    t.after(() => server.kill());
    const watch = await watching(t, path);
    watch.tap();
    await play(watch.proxySocket);
    assertSame(await watch.end(), connections);
  });

const available = await detectContainerd();
const runtime = available.kind === 'available' ? 'containerd' : 'simulated';

test(`proxy and tap see the same bytes: a kubelet on ${runtime}`, async (t) => {
  const ended: Promise<Seen>[] = [];
  await runScenario({
    runtime,
    versions: ['v1'],
    clock: systemClock(),
    log: () => undefined,
    signal: new AbortController().signal,
    pace: 0.2,
    through: async (runtimeSocket) => {
      const watch = await watching(t, runtimeSocket);
      watch.tap();
      return {
        socket: watch.proxySocket,
        close: async () => {
          ended.push(watch.end());
          await ended[0];
        },
      };
    },
  });
  const [seen] = await Promise.all(ended);
  assert.ok(seen !== undefined);
  // One for each service.
  assertSame(seen, 2);
});

const callsOf = (events: readonly SourceEvent[], connection: number): Map<number, Call> => {
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  const calls = new Map<number, Call>();
  const take = (findings: ReturnType<typeof pipeline.push>): void => {
    for (const finding of findings)
      if (finding.kind === 'call' && finding.call.connection === connection)
        calls.set(finding.call.stream, finding.call);
  };
  for (const event of events) take(pipeline.push(event));
  take(pipeline.finish());
  return calls;
};

const codecOf = (rpc: string): MethodCodec => {
  const codec = methodCodecs('v1').get(rpc);
  assert.ok(codec !== undefined);
  return codec;
};

const figures = ({ result }: Call): unknown => [result.outcome, result.request, result.response];

test('where the tap joins, it sees the same bytes from then on, and the same calls from their first common frame', async (t) => {
  const { socket } = await aRuntime(t);
  const watch = await watching(t, socket);
  const options = { authority: 'localhost', userAgent: 'grpc-go/1.72.1', acceptsEncodings: true };
  const clients = await Promise.all(
    Array.from({ length: 3 }, () => grpcGoClient(watch.proxySocket, options)),
  );
  const [version, lists] = [codecOf('Version'), codecOf('ListContainers')];
  const all = async (times: number): Promise<void> => {
    for (let at = 0; at < times; at++)
      for (const [index, { call }] of clients.entries()) {
        // What it says of itself tells one client from another.
        await call(version.path, version.encodeRequest({ version: `client ${index}` }), '120000m');
        await call(lists.path, Buffer.alloc(0), '120000m');
      }
  };
  await all(5);
  watch.tap();
  await all(20);
  for (const client of clients) client.close();
  const { proxy, atProxy, atRuntime } = await watch.end();
  assert.equal(connectionsIn(proxy).length, clients.length);
  for (const tapped of [atProxy, atRuntime]) {
    assert.equal(count(tapped, 'gap'), 0);
    const found = new Set<number>();
    for (const connection of connectionsIn(tapped)) {
      const whole = connectionsIn(proxy).find((other) =>
        directions.every((direction) => {
          const tail = observedBytes(tapped, connection, direction);
          return (
            tail.length > 0 && observedBytes(proxy, other, direction).subarray(-tail.length).equals(tail)
          );
        }),
      );
      assert.ok(whole !== undefined, `connection ${connection} is the end of one that the proxy saw`);
      found.add(whole);
      const truth = callsOf(proxy, whole);
      const calls = [...callsOf(tapped, connection).values()].filter(({ start }) => start !== null);
      // One may be under way while the decoder finds its first frame.
      assert.ok(calls.length >= 38, `${calls.length} calls`);
      let exact = 0;
      for (const call of calls) {
        const same = truth.get(call.stream);
        assert.ok(same !== undefined, `stream ${call.stream}`);
        assert.deepEqual(figures(call), figures(same));
        // Of one that was under way nobody knows how much went before.
        if (call.result.lostBytes === 0) exact += 1;
        else assert.equal(call.result.lostBytes, null);
        assert.ok(call.rpc === null || call.rpc === same.rpc, `${same.rpc} as ${call.rpc}`);
      }
      assert.ok(exact >= 36, `${exact} of ${calls.length} calls known to be whole`);
    }
    assert.equal(found.size, clients.length);
  }
});
