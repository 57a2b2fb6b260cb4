import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import type { KernelPart, KernelStory } from '../../src/calls/kernel/story.ts';
import { detectContainerd } from '../../src/demo/containerd.ts';
import { runScenario } from '../../src/demo/scenario.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import type { KernelEvent } from '../../src/kernel/kernel-event.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { replayFindings } from '../support/replay-calls.ts';
import { replayEvents } from '../support/replay-events.ts';

const available = await detectContainerd();
const runtime = available.kind === 'available' ? 'containerd' : 'simulated';

type Execution = Extract<KernelEvent, { kind: 'exec' }>;

const id64 = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g;

const processOf = (pid: number, start: bigint): string => `${pid} ${start}`;

/** What its own executions say, as the kernel told them: nothing of critrace's judgement is in it. */
const idsOf = ({ argv, cgroup }: Execution): readonly string[] =>
  [...`${argv.join(' ')} ${cgroup ?? ''}`.matchAll(id64)].map(([id]) => id);

const isProgram = ({ what }: KernelPart): boolean => what.kind === 'program';

test('twenty pods that start at once on a real runtime: every program is in the call of its pod', async (t) => {
  const capture = join(await temporaryFolder(t), 'capture.jsonl.gz');
  const { gaveUp } = await runScenario({
    runtime,
    clock: systemClock(),
    log: () => undefined,
    signal: new AbortController().signal,
    pods: 20,
    containersPerPod: 1,
    pace: 0.2,
    through: async (socket) => {
      const critrace = critraceProcess(t, ['record', '-r', socket, '--source', 'tap', '--output', capture]);
      await critrace.says(/watching .* in the kernel/);
      return {
        socket,
        close: async () => {
          assert.equal(await critrace.end('SIGINT'), 130);
        },
      };
    },
  });
  assert.equal(gaveUp, false);

  const executions = new Map<string, Execution[]>();
  for (const event of await replayEvents(capture)) {
    if (event.kind !== 'kernel' || event.event.kind !== 'exec') continue;
    const { pid, start } = event.event.process;
    const key = processOf(pid, start);
    executions.set(key, [...(executions.get(key) ?? []), event.event]);
  }
  const told: { readonly call: Call; readonly story: KernelStory }[] = [];
  for (const finding of await replayFindings(capture)) if (finding.kind === 'kernel') told.push(finding);
  if (runtime === 'simulated') {
    assert.deepEqual(told, []);
    return;
  }

  const owners = new Map<string, string>();
  for (const { call, story } of told) {
    const { pod, sandboxId, containerId } = call.facts;
    let sum = story.unexplainedNs;
    for (const { ns } of story.shares) sum += ns;
    assert.equal(sum, story.to - story.from);
    for (const part of story.parts.filter(isProgram)) {
      const key = processOf(part.pid, part.processStart);
      const of = `${call.connection}/${call.stream}`;
      assert.equal(owners.get(key) ?? of, of, `${part.name} is in two calls`);
      owners.set(key, of);
      for (const execution of executions.get(key) ?? []) {
        if (execution.cni?.podName != null) assert.equal(execution.cni.podName, pod?.name);
        const ids = idsOf(execution);
        if (ids.length > 0)
          assert.ok(
            ids.some((id) => id === sandboxId || id === containerId),
            `${part.name} of ${ids} in ${call.rpc} of ${sandboxId} ${containerId}`,
          );
      }
    }
  }
  const starts = told.filter(
    ({ call }) => call.rpc === 'RunPodSandbox' && call.facts.pod?.name?.startsWith('web'),
  );
  assert.equal(starts.length, 20);
  for (const { call, story } of starts) {
    const names = story.parts.map(({ name }) => name);
    for (const wanted of [
      'cni.ADD bridge',
      'cni.ADD portmap',
      'containerd-shim start',
      'runc create',
      'runc start',
    ])
      assert.equal(
        names.filter((name) => name === wanted).length,
        1,
        `${wanted} of ${call.facts.pod?.name}: ${names}`,
      );
    for (const part of story.parts.filter(isProgram)) assert.equal(part.link, 'identity');
    assert.equal(story.ambiguous, 0);
  }
});

test('observe says where the time of a call went while it looks', async (t) => {
  const seen: (() => string)[] = [];
  await runScenario({
    runtime,
    clock: systemClock(),
    log: () => undefined,
    signal: new AbortController().signal,
    pods: 1,
    pace: 0.2,
    through: async (socket) => {
      const critrace = critraceProcess(t, ['observe', '-r', socket, '--source', 'tap', '-o', 'json']);
      await critrace.says(/watching .* in the kernel/);
      seen.push(() => critrace.stdout().toString());
      return {
        socket,
        close: async () => {
          assert.equal(await critrace.end('SIGINT'), 130);
        },
      };
    },
  });
  const lines: Record<string, unknown>[] = seen
    .flatMap((text) => text().split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const starts = lines.filter(({ kind, rpc }) => kind === 'kernel' && rpc === 'RunPodSandbox');
  if (runtime === 'simulated') assert.deepEqual(starts, []);
  else {
    assert.equal(starts.length, 2);
    for (const start of starts) {
      const told = JSON.stringify(start.parts);
      for (const wanted of ['cni.ADD bridge', 'runc create', 'containerd-shim start', 'runc start'])
        assert.ok(told.includes(`"name":"${wanted}"`), `${wanted} in ${told}`);
      assert.match(String(start.breakdown), /^\d+ % .*runc create/);
    }
  }
});
