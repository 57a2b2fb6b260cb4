import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { callerAt, eventually, proxyFor, received, runtimeAt, temporaryFolder, watch } from './stage.ts';

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** A proxy whose queue is far too small for what goes through. */
const stage = async (t: TestContext) => {
  const folder = temporaryFolder((clean) => t.after(clean));
  const server = await runtimeAt(join(folder, 'r.sock'), (socket) => socket.pipe(socket));
  t.after(() => server.kill());
  const limits = { maxQueuedBytes: 100_000, maxBatchBytes: 10_000 };
  const proxy = await proxyFor(folder, (clean) => t.after(clean), { limits });
  const roundTrip = async (length: number): Promise<void> => {
    const caller = await callerAt(join(folder, 'p.sock'));
    const bytes = randomBytes(length);
    caller.end(bytes);
    assert.equal(md5(await received(caller)), md5(bytes));
  };
  return { proxy, roundTrip };
};

const length = 4 * 1024 * 1024;

test('an observer that never takes anything loses data, the calls lose nothing', async (t) => {
  const { proxy, roundTrip } = await stage(t);
  await Promise.all([roundTrip(length), roundTrip(length)]);
  await eventually(() => proxy.counters.openNow === 0, 'both closed');
  assert.ok(proxy.counters.lostBytes > 3 * length, `${proxy.counters.lostBytes} bytes lost`);
  const seen = watch(proxy);
  await proxy.stop();
  await seen.done;
  let data = 0;
  let gaps = 0;
  for (const event of seen.events) {
    if (event.kind === 'data') data += event.bytes.length;
    if (event.kind === 'gap') gaps += event.length;
  }
  assert.equal(data + gaps, 4 * length);
  assert.equal(gaps, proxy.counters.lostBytes);
  assert.equal(seen.events.filter(({ kind }) => kind === 'end').length, 4);
  assert.equal(seen.events.filter(({ kind }) => kind === 'close').length, 2);
});

test('a slow observer sees every byte or a gap of its size', async (t) => {
  const { proxy, roundTrip } = await stage(t);
  let told = 0;
  let closed = 0;
  const observing = (async () => {
    for await (const batch of proxy.events()) {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      for (const event of batch) {
        if (event.kind === 'data') told += event.bytes.length;
        if (event.kind === 'gap') told += event.length;
        if (event.kind === 'close') closed += 1;
      }
    }
  })();
  await Promise.all([roundTrip(length), roundTrip(length)]);
  await eventually(() => closed === 2, 'both closed');
  await proxy.stop();
  await observing;
  assert.equal(told, 4 * length);
});

test('an observer that throws is gone, and the calls go on', async (t) => {
  const { proxy, roundTrip } = await stage(t);
  const observing = assert.rejects(async () => {
    for await (const batch of proxy.events())
      for (const event of batch) if (event.kind === 'data') throw new Error('observer');
  }, /observer/);
  await roundTrip(length);
  await observing;
  await roundTrip(length);
  await eventually(() => proxy.counters.openNow === 0, 'all closed');
  assert.equal(proxy.counters.requestBytes, 2 * length);
});

test('an observer that writes into what it is given changes nothing on the way', async (t) => {
  const { proxy, roundTrip } = await stage(t);
  const observing = (async () => {
    for await (const batch of proxy.events())
      for (const event of batch) if (event.kind === 'data') event.bytes.fill(0);
  })();
  await roundTrip(length);
  await proxy.stop();
  await observing;
});
