import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { detectContainerd } from '../../src/demo/containerd.ts';
import { runScenario, type ScenarioOptions, type ScenarioResult } from '../../src/demo/scenario.ts';
import { systemClock } from '../../src/foundation/clock.ts';

// Temporary folders of this file's own, so that what is left can be told from what other tests are using.
process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'critrace-test-'));
after(() => rmSync(tmpdir(), { recursive: true, force: true }));

const simulated = (options: Partial<ScenarioOptions> = {}): Promise<ScenarioResult> =>
  runScenario({
    runtime: 'simulated',
    clock: systemClock(),
    log: () => undefined,
    signal: new AbortController().signal,
    pace: 0.02,
    ...options,
  });

const count = ({ calls }: ScenarioResult, method: string): number =>
  calls.filter((call) => call.method === method).length;

const leftovers = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('critrace-simulated-'));

for (const versions of [['v1'], ['v1', 'v1alpha2'], ['v1alpha2']] as const)
  test(`pods start and stop, one pull fails, nothing else does: ${versions}`, async () => {
    const result = await simulated({ versions });
    const failures = result.calls
      .filter(({ code }) => code !== 'OK')
      .map(({ method, code }) => `${method} ${code}`);
    assert.deepEqual(failures, ['PullImage UNKNOWN']);
    assert.equal(count(result, 'RunPodSandbox'), 2);
    for (const method of [
      'CreateContainer',
      'StartContainer',
      'StopContainer',
      'RemoveContainer',
      'ExecSync',
    ])
      assert.equal(count(result, method), 2, method);
    assert.equal(count(result, 'RemovePodSandbox'), 2);
    assert.ok(count(result, 'ListPodSandbox') > 4);
    assert.deepEqual([result.runtime, result.gaveUp, result.interrupted], ['simulated', false, false]);
    for (const { startedAt, endedAt } of result.calls) assert.ok(endedAt > startedAt);
  });

test('the number of pods and containers is the caller’s', async () => {
  const result = await simulated({ pods: 5, containersPerPod: 3, pace: 0.005 });
  assert.deepEqual([count(result, 'RunPodSandbox'), count(result, 'StartContainer')], [6, 15]);
});

test('the kubelet uses the socket that stands in between, and it is closed before the runtime', async () => {
  const events: string[] = [];
  const result = await simulated({
    log: (line) => events.push(line),
    async through(runtimeSocket) {
      events.push('open');
      return {
        socket: runtimeSocket,
        imageSocket: `${runtimeSocket}.absent`,
        async close() {
          events.push('close');
        },
      };
    },
  });
  assert.equal(result.gaveUp, true);
  assert.deepEqual(events, [
    'open',
    'the kubelet gave up: no API version in common with the runtime',
    'close',
    'removing what was made',
  ]);
});

test('a failure in between is passed on, after everything was removed', async () => {
  await assert.rejects(
    simulated({ through: () => Promise.reject(new Error('no proxy today')) }),
    /no proxy today/,
  );
  assert.deepEqual(leftovers(), []);
});

test('an abort ends it at any point, and nothing is left', async () => {
  for (const point of ['Version', 'RunPodSandbox', 'ExecSync', 'StopContainer']) {
    const stop = new AbortController();
    const result = await simulated({
      signal: stop.signal,
      follow: true,
      simulated: {
        fault({ method }) {
          if (method === point) stop.abort();
          return null;
        },
      },
    });
    assert.equal(result.interrupted, true, point);
    assert.ok(result.calls.some(({ method }) => method === point));
  }
  assert.deepEqual(leftovers(), []);
});

test('aborted before it began, it makes nothing', async () => {
  const result = await simulated({ signal: AbortSignal.abort() });
  assert.deepEqual([result.calls.length, result.interrupted], [0, true]);
});

test('following, pods come and go until the abort; records are bounded', async () => {
  const stop = new AbortController();
  let sandboxes = 0;
  const result = await simulated({
    signal: stop.signal,
    follow: true,
    limits: { maxRecords: 10 },
    simulated: {
      fault({ method }) {
        if (method === 'RunPodSandbox') sandboxes++;
        if (sandboxes === 4) stop.abort();
        return null;
      },
    },
  });
  assert.equal(result.calls.length, 10);
  assert.ok(result.callsDropped > 0);
});

test('containerd that cannot run: `auto` says so in one line and goes on, `containerd` rejects', async (t) => {
  const path = process.env.PATH;
  process.env.PATH = '';
  t.after(() => {
    process.env.PATH = path;
  });
  const available = await detectContainerd();
  assert.equal(available.kind, 'unavailable');
  const lines: string[] = [];
  const result = await simulated({ runtime: 'auto', log: (line) => lines.push(line) });
  assert.equal(result.runtime, 'simulated');
  assert.equal(result.containerdUnavailable, available.message);
  assert.equal(lines[0], `containerd cannot run here (${available.message}): using a simulated runtime`);
  await assert.rejects(simulated({ runtime: 'containerd' }), /^Error: containerd cannot run here: /);
});
