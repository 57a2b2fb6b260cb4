import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { methodCodecs } from '../../src/demo/codec.ts';
import { createRuntime, populate, type RuntimeOptions } from '../../src/demo/runtime.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import type { Source } from '../../src/source/source.ts';
import { aRuntime } from '../support/a-runtime.ts';
import { temporaryFolder } from '../support/folder.ts';
import { brief, grpcClient } from '../support/grpc.ts';
import { aProxy, observed } from '../support/observed.ts';
import { until } from '../support/until.ts';

const codecs = methodCodecs('v1');
const path = (method: string): string => codecs.get(method)?.path ?? '';
const none = Buffer.alloc(0);

const runtimeOn = async (t: TestContext, socket: string, options: Partial<RuntimeOptions> = {}) => {
  const runtime = createRuntime({ clock: systemClock(), pace: 0, ...options });
  await runtime.listen(socket);
  t.after(() => runtime.close());
  return runtime;
};

test('a runtime that is killed in the middle of a call, and started again', async (t) => {
  /** What a client meets, with the runtime's socket or the proxy's. */
  const play = async (runtimeSocket: string, socketFor: () => Promise<string>) => {
    let asked: () => void = () => undefined;
    const busy = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const first = await runtimeOn(t, runtimeSocket, {
      fault: ({ method }) => {
        if (method !== 'Status') return null;
        asked();
        return { delayMs: 60_000 };
      },
    });
    const call = grpcClient(t, await socketFor());
    const codes = [(await call(path('Version'), none)).code];
    const cut = call(path('Status'), none);
    await busy;
    await first.close();
    codes.push((await cut).code, (await call(path('Version'), none)).code);
    await runtimeOn(t, runtimeSocket, { state: first.state });
    let back = '';
    await until(() => {
      if (back === '') {
        back = 'asked';
        void call(path('Version'), none).then(({ code }) => {
          back = code === 'OK' ? code : '';
        });
      }
      return back === 'OK';
    }, 'the runtime to be back');
    return codes;
  };
  const direct = join(await temporaryFolder(t), 'r.sock');
  const expected = await play(direct, async () => direct);
  assert.deepEqual(expected, ['OK', 'UNAVAILABLE', 'UNAVAILABLE']);

  const behind = join(await temporaryFolder(t), 'r.sock');
  let seen = observed({ identity: '', events: async function* () {}, stop: async () => undefined });
  const through = await play(behind, async () => {
    const { proxy, socket } = await aProxy(t, behind);
    seen = observed(proxy);
    return socket;
  });
  assert.deepEqual(through, expected);
  const calls = await seen.until(3);
  const ends = calls.map(({ rpc, result }) => `${rpc} ${result.outcome}`);
  assert.deepEqual(ends.slice(0, 2), ['Version finished', 'Status connection_lost']);
  assert.equal(ends.at(-1), 'Version finished');
  assert.notEqual(calls.at(-1)?.connection, calls[0]?.connection);
  assert.equal(seen.pipeline.counters.http2.desyncs, 0);
});

test('a runtime that is not there yet: refused as without the proxy, and served when it comes', async (t) => {
  const runtimeSocket = join(await temporaryFolder(t), 'r.sock');
  const { proxy, socket } = await aProxy(t, runtimeSocket);
  const seen = observed(proxy);
  const direct = await grpcClient(t, runtimeSocket)(path('Version'), none);
  const through = await grpcClient(t, socket)(path('Version'), none);
  assert.equal(direct.code, 'UNAVAILABLE');
  assert.equal(through.code, direct.code);
  assert.equal(through.details.replaceAll(socket, runtimeSocket), direct.details);
  await runtimeOn(t, runtimeSocket);
  await until(() => proxy.counters.listened === 1, 'the proxy to listen');
  assert.equal((await grpcClient(t, socket)(path('Version'), none)).code, 'OK');
  assert.equal((await seen.until(1)).length, 1);
});

const queue = { maxQueuedBytes: 300_000, maxBatchBytes: 30_000 };

/** A runtime with a list reply of 5 MB, the proxy before it with a small queue, and what a client gets without it. */
const stage = async (t: TestContext) => {
  const runtime = await aRuntime(t);
  const clock = systemClock();
  populate(runtime.state, 250, { clock, seed: 3, image: 'i', annotationBytes: 20_000 });
  const { proxy, socket } = await aProxy(t, runtime.socket, queue);
  const play = async (to: string) => {
    const call = grpcClient(t, to);
    return [
      await call(path('ListPodSandbox'), none),
      await call(path('Version'), none),
      await call(path('StreamPodSandboxes'), none),
      await call(path('NoSuchMethod'), none),
    ].map(brief);
  };
  return { proxy, socket, play, expected: await play(runtime.socket) };
};

const relayed = ({ requestBytes, responseBytes }: { requestBytes: number; responseBytes: number }) =>
  requestBytes + responseBytes;

test('an observer that never reads: the same replies, a bounded queue, the loss told when it does read', async (t) => {
  const { proxy, socket, play, expected } = await stage(t);
  for (let round = 0; round < 3; round++) assert.deepEqual(await play(socket), expected);
  const { counters } = proxy;
  assert.ok(counters.lostBytes > 25_000_000);
  assert.ok(relayed(counters) - counters.lostBytes <= queue.maxQueuedBytes, 'no more than that is held');

  const seen = observed(proxy);
  await until(() => seen.pipeline.counters.source.gapBytes === counters.lostBytes, 'the gaps');
  const { bytes, gapBytes } = seen.pipeline.counters.source;
  assert.equal(bytes + gapBytes, relayed(counters));
  assert.ok(seen.findings.some((found) => found.kind === 'connection' && found.connection.finding === 'gap'));
  const before = seen.calls().length;
  assert.equal((await grpcClient(t, socket)(path('Version'), none)).code, 'OK');
  await seen.until(before + 1);
  const last = seen.calls().at(-1);
  assert.equal(`${last?.rpc} ${last?.result.status} ${last?.result.lostBytes}`, 'Version OK 0');
});

test('an observer that is slow: the same replies, and every byte is seen or told as lost', async (t) => {
  const { proxy, socket, play, expected } = await stage(t);
  const slow: Source = {
    ...proxy,
    async *events() {
      for await (const batch of proxy.events()) {
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
        yield batch;
      }
    },
  };
  const seen = observed(slow);
  for (let round = 0; round < 3; round++) assert.deepEqual(await play(socket), expected);
  const { counters } = proxy;
  const { source } = seen.pipeline.counters;
  await until(() => source.bytes + source.gapBytes === relayed(counters), 'every byte');
  assert.equal(source.gapBytes, counters.lostBytes);
  assert.ok(counters.lostBytes > 0);
});

test('an observer that throws: the same replies, and what is no longer seen is counted', async (t) => {
  const { proxy, socket, play, expected } = await stage(t);
  const events: SourceEvent[] = [];
  const observing = assert.rejects(async () => {
    for await (const batch of proxy.events()) {
      events.push(...batch);
      if (events.some(({ kind }) => kind === 'data')) throw new Error('a bug of the observer');
    }
  }, /a bug of the observer/);
  for (let round = 0; round < 2; round++) assert.deepEqual(await play(socket), expected);
  await observing;
  const { counters } = proxy;
  assert.ok(counters.unobservedBytes > 10_000_000);
  const told = events.reduce((sum, event) => sum + (event.kind === 'data' ? event.bytes.length : 0), 0);
  assert.ok(told + counters.unobservedBytes + counters.lostBytes <= relayed(counters));
});
