import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ARuntime, aClient, aRuntime, type Call } from '../support/a-runtime.ts';
import { type CritraceProcess, critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { until } from '../support/until.ts';

const unavailable = 14;
const invalidArgument = 3;

interface Stage {
  readonly runtime: ARuntime;
  readonly folder: string;
  readonly receiver: OtlpReceiver;
  start(...more: string[]): Promise<CritraceProcess>;
  /** So many calls, one after the other, all of them answered. */
  calls(count: number): Promise<void>;
}

const stage = async (t: TestContext): Promise<Stage> => {
  const folder = await temporaryFolder(t);
  const runtime = await aRuntime(t);
  const receiver = await startOtlpReceiver();
  t.after(() => receiver.close());
  const listen = join(folder, 'cri.sock');
  let call: Call | null = null;
  return {
    runtime,
    folder,
    receiver,
    async start(...more) {
      const flags = ['-r', runtime.socket, '--listen', listen, '--host-id', 'h', '--otlp-delay', '50ms'];
      const collector = ['--otlp-endpoint', `http://127.0.0.1:${receiver.port}`];
      const spool = ['--spool-dir', join(folder, 'spool')];
      const agent = critraceProcess(t, ['agent', ...flags, ...collector, ...spool, ...more]);
      await agent.says(/"msg":"ready"/);
      return agent;
    },
    async calls(count) {
      call ??= aClient(t, listen);
      for (let n = 0; n < count; n++) assert.equal((await call('Version')).record.code, 'OK');
    },
  };
};

/** As OTLP/JSON lines. */
const callSpansOnDisk = (folder: string): number =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('')
    .match(/"kind":[23],/g)?.length ?? 0;

/** Spans of calls; those of negotiations are internal ones. */
const ofCalls = (spans: readonly ReceivedSpan[]): ReceivedSpan[] => spans.filter(({ kind }) => kind !== 1);

const assertOnceEach = (spans: readonly ReceivedSpan[], calls: number): void => {
  const found = ofCalls(spans);
  assert.equal(found.length, 2 * calls);
  assert.equal(new Set(found.map(({ spanId }) => spanId)).size, 2 * calls, 'each span once');
  assert.equal(found.filter(({ kind }) => kind === 3).length, calls);
};

/** The counters of one part as the agent said them last. */
const told = (agent: CritraceProcess, part: string): Record<string, number> => {
  const line =
    agent
      .stderr()
      .match(/.*"health":.*/g)
      ?.at(-1) ?? '{}';
  return JSON.parse(line).health?.[part] ?? {};
};

const asked = async (agent: CritraceProcess, part: string, name: string, atLeast: number): Promise<void> => {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const before = agent.stderr().length;
    agent.child.kill('SIGUSR2');
    await until(() => /"health":.*\n/.test(agent.stderr().slice(before)), 'the counters');
    if ((told(agent, part)[name] ?? 0) >= atLeast) return;
    assert.ok(performance.now() < deadline, `${part}.${name} is ${told(agent, part)[name]}`);
  }
};

test('what was answered before SIGTERM is delivered before the end', async (t) => {
  const { start, calls, receiver } = await stage(t);
  const agent = await start('--otlp-delay', '1m');
  await calls(50);
  assert.equal(ofCalls(receiver.spans).length, 0);
  assert.equal(await agent.end('SIGTERM'), 0);
  assertOnceEach(receiver.spans, 50);
  assert.equal(told(agent, 'otlp').droppedAtShutdown, 0);
  assert.equal(told(agent, 'proxy').lostBytes, 0);
});

test('a collector that is away, refuses for a while and comes back gets each span once', async (t) => {
  const { start, calls, receiver } = await stage(t);
  receiver.answer = { kind: 'error', code: unavailable };
  const agent = await start();
  await calls(30);
  await receiver.until(() => receiver.requests > 1);
  await calls(10);
  receiver.answer = { kind: 'ok' };
  await receiver.until(() => ofCalls(receiver.spans).length >= 80);
  assert.equal(await agent.end('SIGTERM'), 0);
  assertOnceEach(receiver.spans, 40);
});

test('a collector that never answers does not hold up the calls; its silence ends by the time-out', async (t) => {
  const { start, calls, receiver } = await stage(t);
  receiver.answer = { kind: 'silent' };
  const agent = await start('--otlp-timeout', '2s');
  await calls(20);
  await receiver.until(() => receiver.requests > 0);
  const began = performance.now();
  await calls(100);
  assert.ok(performance.now() - began < 5_000);
  receiver.answer = { kind: 'ok' };
  await receiver.until(() => ofCalls(receiver.spans).length >= 240);
  assert.equal(await agent.end('SIGTERM'), 0);
  assertOnceEach(receiver.spans, 120);
});

test('spans that the collector refuses for good are counted, and the next ones are sent', async (t) => {
  const { start, calls, receiver } = await stage(t);
  receiver.answer = { kind: 'error', code: invalidArgument };
  const agent = await start();
  await calls(10);
  await asked(agent, 'otlp', 'droppedRefused', 20);
  receiver.answer = { kind: 'ok' };
  await calls(5);
  await receiver.until(() => ofCalls(receiver.spans).length >= 10);
  assert.equal(await agent.end('SIGTERM'), 0);
  assertOnceEach(receiver.spans, 5);
});

test('a graceful restart while the collector is away loses nothing', async (t) => {
  const { start, calls, receiver } = await stage(t);
  receiver.answer = { kind: 'error', code: unavailable };
  const first = await start();
  await calls(25);
  assert.equal(await first.end('SIGTERM'), 0);
  const second = await start();
  await asked(second, 'otlp', 'recovered', 50);
  receiver.answer = { kind: 'ok' };
  await receiver.until(() => ofCalls(receiver.spans).length >= 50);
  assert.equal(await second.end('SIGTERM'), 0);
  assertOnceEach(receiver.spans, 25);
  assert.equal(told(second, 'otlp').lostInCrash, 0);
});

test('after kill -9 the next agent sends what was on disk and counts what was not', async (t) => {
  const { start, calls, receiver, folder } = await stage(t);
  receiver.answer = { kind: 'error', code: unavailable };
  const first = await start();
  await calls(20);
  await until(() => callSpansOnDisk(join(folder, 'spool')) >= 40, 'the spool to write down 40 spans');
  // Not older than a moment: some of these may be in memory only.
  await calls(20);
  // 40 calls of two spans, and one negotiation: what an agent has not yet made spans of it cannot count.
  await asked(first, 'otlp', 'offered', 81);
  await first.end('SIGKILL');
  assert.ok(existsSync(join(folder, 'cri.sock')), 'a killed proxy leaves its socket behind');

  receiver.answer = { kind: 'ok' };
  const second = await start();
  await asked(second, 'otlp', 'recovered', 40);
  const { recovered = 0, lostInCrash = 0 } = told(second, 'otlp');
  await receiver.until(() => receiver.spans.length >= recovered);
  assert.equal(await second.end('SIGTERM'), 0);
  const ids = receiver.spans.map(({ spanId }) => spanId);
  assert.equal(ids.length, recovered);
  assert.equal(new Set(ids).size, recovered);
  assert.equal(recovered + lostInCrash, 81);
  assert.ok(lostInCrash <= 40, `${lostInCrash} lost`);
});
