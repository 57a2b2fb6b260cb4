import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/foundation/clock.ts';
import { systemTimers } from '../../src/foundation/timers.ts';
import { loadNative } from '../../src/kernel/native.ts';
import { createCaptureEncoder } from '../../src/source/capture/encoder.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { createReplay } from '../../src/source/replay.ts';
import type { Source } from '../../src/source/source.ts';
import { createTap } from '../../src/source/tap/tap.ts';
import { callerAt, closed, eventually, proxyFor, runtimeAt } from '../source/proxy/stage.ts';

/**
 * What every source owes its reader, whichever way it observes: one script of traffic goes through each, and the
 * same is demanded of what it yields. A source is added by a row in `implementations`.
 */
interface Stage {
  readonly source: Source;
  /** Lets the script happen, if it has not; resolves when the source can have seen all of it. */
  play(): Promise<void>;
  tearDown(): Promise<void>;
}

/** Connections one after the other: what the client says, and what it hears. The first to end its direction is the client. */
const script = [
  { request: 'hello', response: 'HELLO' },
  { request: 'x'.repeat(300_000), response: 'X'.repeat(300_000) },
  { request: '', response: '' },
];

const endpoint = (folder: string): string => join(folder, 'r.sock');

/** The tap asks the kernel; the others are told to say the same. */
const caller = { pid: process.pid, uid: process.getuid?.() ?? 0 };

/** A runtime that says everything back in upper case. */
const shouting = (folder: string) =>
  runtimeAt(endpoint(folder), (socket) => {
    socket.on('data', (bytes: Buffer) => socket.write(bytes.toString().toUpperCase()));
    socket.on('end', () => socket.end());
  });

const callAll = async (path: string): Promise<void> => {
  for (const { request } of script) {
    const socket = await callerAt(path);
    socket.end(request);
    await closed(socket.resume());
  }
};

const throughProxy = async (folder: string): Promise<Stage> => {
  const runtime = await shouting(folder);
  const cleaning: (() => Promise<void>)[] = [];
  const proxy = await proxyFor(folder, (clean) => cleaning.push(clean), {
    peerCredentials: () => ({ ...caller, gid: 0 }),
  });
  return {
    source: proxy,
    async play() {
      await callAll(join(folder, 'p.sock'));
      await eventually(
        () => proxy.counters.openNow === 0 && proxy.counters.connections === script.length,
        'all closed',
      );
    },
    async tearDown() {
      for (const clean of cleaning) await clean();
      await runtime.kill();
    },
  };
};

/** Takes root and a kernel that lets the programs in: who runs the tests has both. */
const throughTap = async (folder: string): Promise<Stage> => {
  const runtime = await shouting(folder);
  const native = loadNative();
  if (!native.loaded) assert.fail(`${native.why}; ${native.remedy}`);
  const source = createTap({
    identity: 'host:test',
    endpoints: [endpoint(folder)],
    clock: systemClock(),
    timers: systemTimers(systemClock()),
    native: native.library,
  });
  return {
    source,
    play: () => callAll(endpoint(folder)),
    async tearDown() {
      await source.close();
      await runtime.kill();
    },
  };
};

const fromCapture = async (folder: string): Promise<Stage> => {
  const encoder = createCaptureEncoder(endpoint(folder));
  let at = 1_795_474_939_168_483_265n;
  const next = () => {
    at += 1000n;
    return { at, sentAt: null };
  };
  const client = { pid: caller.pid, pidStart: null, uid: caller.uid, comm: null, cgroup: null };
  const events = script.flatMap(({ request, response }, index): SourceEvent[] => {
    const connection = index + 1;
    const data = (direction: 'request' | 'response', text: string): SourceEvent[] =>
      text === '' ? [] : [{ kind: 'data', connection, seen: next(), direction, bytes: Buffer.from(text) }];
    return [
      {
        kind: 'open',
        connection,
        seen: next(),
        endpoint: endpoint(folder),
        client,
        server: client,
        joined: false,
      },
      ...data('request', request),
      ...data('response', response),
      { kind: 'end', connection, seen: next(), direction: 'request' },
      { kind: 'end', connection, seen: next(), direction: 'response' },
      { kind: 'close', connection, seen: next() },
    ];
  });
  const text = encoder.header({}) + events.map((event) => encoder.event(event)).join('');
  async function* stream() {
    yield Buffer.from(text);
  }
  const source = await createReplay({
    input: { stream: stream(), name: 'test' },
    pace: null,
    clock: systemClock(),
  });
  return { source, play: async () => undefined, tearDown: async () => undefined };
};

const implementations: readonly [string, (folder: string) => Promise<Stage>][] = [
  ['proxy', throughProxy],
  ['tap', throughTap],
  ['replay', fromCapture],
];

const collect = async (source: Source): Promise<SourceEvent[]> => {
  const events: SourceEvent[] = [];
  // The bytes of a batch need not outlive it.
  for await (const batch of source.events())
    for (const event of batch)
      events.push(event.kind === 'data' ? { ...event, bytes: Buffer.from(event.bytes) } : event);
  return events;
};

type Observed = ReadonlyMap<number, readonly SourceEvent[]>;

const byConnection = (events: readonly SourceEvent[]): Observed => {
  const all = new Map<number, SourceEvent[]>();
  for (const event of events)
    if ('connection' in event) all.set(event.connection, [...(all.get(event.connection) ?? []), event]);
  return all;
};

const said = (events: readonly SourceEvent[], direction: 'request' | 'response'): string =>
  Buffer.concat(
    events.flatMap((event) => (event.kind === 'data' && event.direction === direction ? [event.bytes] : [])),
  ).toString();

for (const [name, implementation] of implementations) {
  const staged = async (run: (stage: Stage, folder: string) => Promise<void>): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), 'critrace-'));
    const stage = await implementation(folder);
    try {
      await run(stage, folder);
    } finally {
      await stage.tearDown();
      rmSync(folder, { recursive: true, force: true });
    }
  };

  test(`${name}: each connection opens, says what was said, ends both ways and closes, in this order`, () =>
    staged(async ({ source, play }, folder) => {
      const reading = collect(source);
      await play();
      // A source whose input is over ends by itself; one that goes on is told to, when it has seen all.
      await (name === 'replay' ? reading : source.stop());
      const events = await reading;
      const connections = byConnection(events);
      assert.equal(connections.size, script.length);
      for (const [index, [connection, own]] of [...connections].entries()) {
        const expected = script[index];
        assert.ok(expected !== undefined, 'a connection of the script');
        const kinds = own.map(({ kind }) => kind);
        assert.equal(kinds[0], 'open');
        assert.equal(kinds.at(-1), 'close');
        assert.equal(kinds.filter((kind) => kind === 'open' || kind === 'close').length, 2);
        assert.deepEqual(
          [said(own, 'request'), said(own, 'response')],
          [expected.request, expected.response],
        );
        for (const direction of ['request', 'response'] as const) {
          const ends = own.flatMap((event, at) =>
            event.kind === 'end' && event.direction === direction ? [at] : [],
          );
          assert.equal(ends.length, 1, `one end of the ${direction} direction`);
          const after = own
            .slice(ends[0])
            .filter((event) => event.kind === 'data' && event.direction === direction);
          assert.deepEqual(after, []);
        }
        const [open] = own;
        assert.ok(open?.kind === 'open', 'first of all, the opening');
        assert.equal(open.connection, connection);
        assert.equal(open.endpoint, endpoint(folder));
        assert.equal(open.joined, false);
        assert.deepEqual({ pid: open.client.pid, uid: open.client.uid }, caller);
        assert.equal(open.server.pid, process.pid);
      }
    }));

  test(`${name}: time does not run backwards`, () =>
    staged(async ({ source, play }) => {
      const reading = collect(source);
      await play();
      await (name === 'replay' ? reading : source.stop());
      const times = (await reading).map(({ seen }) => seen.at);
      for (const [at, time] of times.entries()) assert.ok(time >= (times[at - 1] ?? 0n), `event ${at}`);
      assert.ok((times[0] ?? 0n) > 1_500_000_000_000_000_000n, 'nanoseconds since the epoch');
    }));

  test(`${name}: stop ends the iteration, also twice and while nothing happens`, () =>
    staged(async ({ source }) => {
      const reading = collect(source);
      await source.stop();
      await source.stop();
      await reading;
    }));

  test(`${name}: has a name`, () =>
    staged(async ({ source }) => {
      assert.match(source.identity, /^[a-z]+:.+/);
      await source.stop();
    }));
}
