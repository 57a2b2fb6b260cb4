import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { relay } from '../../../src/source/proxy/relay.ts';
import { callerAt, closed, temporaryFolder } from './stage.ts';

const quiet = { data() {}, end() {}, close() {}, error() {} };

/** Pairs of connected sockets: the two ends of one connection each. */
const pairs = async (t: TestContext): Promise<() => Promise<readonly [Socket, Socket]>> => {
  const path = join(
    temporaryFolder((clean) => t.after(clean)),
    's',
  );
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  await new Promise<void>((done) => server.listen(path, done));
  t.after(() => server.close());
  return async () => {
    const accepting = new Promise<Socket>((done) => server.once('connection', done));
    const near = await callerAt(path);
    const far = await accepting;
    for (const socket of [near, far]) {
      socket.on('error', () => undefined);
      t.after(() => socket.destroy());
    }
    return [near.pause(), far] as const;
  };
};

/** The outer ends of two connections that are joined, and the inner ones. */
const joined = async (pair: () => Promise<readonly [Socket, Socket]>) => {
  const [caller, client] = await pair();
  const [runtime, callee] = await pair();
  return { caller, client, runtime, callee };
};

const heard = (socket: Socket): { bytes(): Buffer } => {
  const pieces: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => pieces.push(bytes)).resume();
  return { bytes: () => Buffer.concat(pieces) };
};

test('an answer reaches its caller when writing to who gave it fails', async (t) => {
  const pair = await pairs(t);
  for (const late of ['caller', 'callee'] as const) {
    const ends = await joined(pair);
    const [speaker, gone, read] =
      late === 'caller' ? [ends.caller, ends.callee, ends.client] : [ends.callee, ends.caller, ends.runtime];
    // Between the relay's reading from the one and its writing to the other.
    read.once('data', () => {
      gone.write('last words');
      gone.destroy();
    });
    relay(ends.client, ends.runtime, 1024, quiet);
    const listening = heard(speaker);
    speaker.write('too late');
    await closed(speaker.once('end', () => speaker.end()));
    assert.equal(listening.bytes().toString(), 'last words');
  }
});

test('what is taken from a peer that is gone has a bound', async (t) => {
  const { caller, client, runtime, callee } = await joined(await pairs(t));
  client.once('data', () => {
    callee.write(Buffer.alloc(100_000));
    callee.destroy();
  });
  const seen: number[] = [];
  relay(client, runtime, 70_000, { ...quiet, data: (_, bytes) => seen.push(bytes.length) });
  const listening = heard(caller);
  caller.write('x');
  await closed(caller.once('end', () => caller.end()));
  assert.equal(listening.bytes().length, 70_000);
  assert.equal(
    seen.reduce((sum, length) => sum + length, 0),
    70_001,
  );
});

type Step =
  | { readonly by: 'caller' | 'callee'; readonly does: 'write'; readonly length: number }
  | { readonly by: 'caller' | 'callee'; readonly does: 'end' | 'destroy' | 'pause' | 'resume' };

const by = fc.constantFrom('caller' as const, 'callee' as const);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        by,
        does: fc.constant('write' as const),
        length: fc.integer({ min: 1, max: 9_000 }),
      }),
    },
    fc.record({ by, does: fc.constantFrom('end', 'destroy', 'pause', 'resume') }),
  ),
  { maxLength: 12 },
);

/** Plays the steps, as fast as they can be or with a turn of the loop between them, and ends what they left open. */
const play = async (
  ends: Readonly<Record<'caller' | 'callee', Socket>>,
  script: readonly Step[],
  turns: number,
) => {
  const said = { caller: 0, callee: 0 };
  const listening = { caller: heard(ends.caller), callee: heard(ends.callee) };
  const left = new Set<'caller' | 'callee'>();
  for (const step of script) {
    const socket = ends[step.by];
    if (step.does === 'write') {
      // Nobody writes to who is gone: these ends are Node's too, which would leave unread what that one had said.
      if (!socket.writable || left.size > 0) continue;
      // All together less than a socket holds: it is in the kernel as soon as it is written.
      socket.write(Buffer.alloc(step.length));
      said[step.by] += step.length;
    } else if (step.does === 'end') socket.end();
    else if (step.does === 'destroy') {
      left.add(step.by);
      socket.destroy();
    } else if (step.does === 'pause') socket.pause();
    else socket.resume();
    for (let turn = 0; turn < turns; turn++) await new Promise((done) => setImmediate(done));
  }
  for (const socket of Object.values(ends)) {
    socket.resume();
    if (socket.writable) socket.end();
  }
  await Promise.all([closed(ends.caller), closed(ends.callee)]);
  const missing = (who: 'caller' | 'callee', from: 'caller' | 'callee') =>
    left.has(who) ? 0 : Math.max(0, said[from] - listening[who].bytes().length);
  return { caller: missing('caller', 'callee'), callee: missing('callee', 'caller') };
};

test('who still listens has all that the other wrote, whatever both do, with the relay as without it', async (t) => {
  const pair = await pairs(t);
  const complete = { caller: 0, callee: 0 };
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 0, max: 6 }), async (script, turns) => {
      const [caller, callee] = await pair();
      assert.deepEqual(await play({ caller, callee }, script, turns), complete, 'without');
      const { caller: near, client, runtime, callee: far } = await joined(pair);
      relay(client, runtime, 1024 * 1024, quiet);
      assert.deepEqual(await play({ caller: near, callee: far }, script, turns), complete, 'with');
    }),
    { numRuns: 300 },
  );
});
