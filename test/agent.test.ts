import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Agent, startAgent } from '../src/agent.ts';
import { resolveConfig } from '../src/config/resolve.ts';
import type { Exported, Sink } from '../src/export/sink.ts';
import { systemClock } from '../src/foundation/clock.ts';
import { systemTimers } from '../src/foundation/timers.ts';
import { openLiveSource } from '../src/live-source.ts';
import { aClient, aRuntime, type Call } from './support/a-runtime.ts';
import { temporaryFolder } from './support/folder.ts';

interface Watched {
  readonly agent: Agent;
  readonly call: Call;
  readonly log: readonly string[];
}

const watched = async (t: TestContext, sink: Sink): Promise<Watched> => {
  const runtime = await aRuntime(t);
  const folder = await temporaryFolder(t);
  const listen = join(folder, 'cri.sock');
  const log: string[] = [];
  const agent = await startAgent({
    config: resolveConfig({ flags: {}, env: {}, file: null }).config,
    environment: {},
    version: '0.0.0',
    clock: systemClock(),
    timers: systemTimers(systemClock()),
    log: (level, message) => log.push(`${level}: ${message}`),
    extraSinks: () => [sink],
    openSource: (identity) =>
      openLiveSource({
        identity,
        runtime: runtime.socket,
        listen,
        image: null,
        mode: 'proxy',
        others: [],
        kernelEvents: [],
        ringBytes: 8 * 1024 * 1024,
        clock: systemClock(),
        timers: systemTimers(systemClock()),
        log: () => undefined,
      }),
  });
  t.after(() => agent.stop());
  return { agent, call: aClient(t, listen), log };
};

const collecting = (changes: Partial<Sink> = {}): { readonly sink: Sink; readonly got: Exported[] } => {
  const got: Exported[] = [];
  const nothing = async (): Promise<void> => undefined;
  const findings = (batch: readonly Exported[]): void => void got.push(...batch);
  return { got, sink: { findings, ready: nothing, flush: nothing, close: nothing, ...changes } };
};

const callsOf = (got: readonly Exported[]): string[] =>
  got.flatMap(({ finding, spans }) =>
    finding.kind === 'call' ? [`${finding.call.rpc} ${finding.call.result.outcome} ${spans.length}`] : [],
  );

test('a call that has its answer when the agent is stopped has its spans', async (t) => {
  for (let round = 0; round < 20; round++) {
    const { sink, got } = collecting();
    const { agent, call } = await watched(t, sink);
    await call('Version');
    await agent.stop();
    assert.deepEqual(callsOf(got), ['Version finished 2']);
  }
});

test('calls are watched and not only relayed while a stopping agent hands on what it holds', async (t) => {
  let flushing: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    flushing = resolve;
  });
  let flushed: () => void = () => undefined;
  const flush = (): Promise<void> => {
    flushing();
    return new Promise((resolve) => {
      flushed = resolve;
    });
  };
  const { sink, got } = collecting({ flush });
  const { agent, call } = await watched(t, sink);
  const stopped = agent.stop();
  await begun;
  assert.equal((await call('Status')).record.code, 'OK');
  flushed();
  await stopped;
  assert.deepEqual(callsOf(got), ['Status finished 2']);
});

test('a sink that throws costs its spans, not the calls', async (t) => {
  let thrown = 0;
  const findings = (): void => {
    thrown += 1;
    throw new Error('password=hunter2');
  };
  const { agent, call, log } = await watched(t, collecting({ findings }).sink);
  for (let round = 0; round < 30; round++) assert.equal((await call('Version')).record.code, 'OK');
  await agent.stop();
  const { observer } = agent.health.snapshot();
  assert.ok(thrown >= 30);
  assert.deepEqual(observer, { faults: thrown });
  const errors = log.filter((line) => line.startsWith('error'));
  assert.equal(errors.length, 10);
  assert.doesNotMatch(errors.join('\n'), /hunter2/);
});
