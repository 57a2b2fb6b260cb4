import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../../src/calls/call.ts';
import type { Finding } from '../../../src/calls/finding.ts';
import type { PodOperation } from '../../../src/calls/pods/operation.ts';
import { loadSchema } from '../../../src/cri/schema.ts';
import { createPipeline } from '../../../src/pipeline.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { operationParentOf } from '../../../src/spans/pod-ids.ts';
import { join, numbers, type Recording, record } from '../inference/late-joins.ts';

const schema = loadSchema();

const replay = (events: readonly SourceEvent[]): readonly Finding[] => {
  const pipeline = createPipeline({ schema, full: false });
  return [...events.flatMap((event) => pipeline.push(event)), ...pipeline.finish()];
};

const lastCalls = (findings: readonly Finding[]): ReadonlyMap<string, Call> =>
  new Map(
    findings.flatMap((finding) =>
      finding.kind === 'call' ? [[`${finding.call.connection}/${finding.call.stream}`, finding.call]] : [],
    ),
  );

const operations = (findings: readonly Finding[]): readonly PodOperation[] =>
  findings.flatMap((finding) => (finding.kind === 'operation' ? [finding.operation] : []));

const traceOf = (call: Call): string | null => operationParentOf(call)?.traceId ?? null;

/** Calls that stand in the trace of a pod for one observer and in another such trace for the other. */
const contradictions = (
  some: ReadonlyMap<string, Call>,
  others: ReadonlyMap<string, Call>,
): readonly string[] =>
  [...some].flatMap(([key, call]) => {
    const other = others.get(key);
    const isSame = other === undefined || traceOf(call) === traceOf(other);
    return isSame || traceOf(call) === null || traceOf(other) === null
      ? []
      : [
          `${key} ${call.rpc}: ${JSON.stringify(call.operation?.key)}, ${JSON.stringify(other.operation?.key)}`,
        ];
  });

const captures = [
  'kubelet-1.25-containerd-1.5',
  'kubelet-1.25-containerd-1.6-killed-restarted',
  'kubelet-1.30-containerd-2.4-tracing',
  'kubelet-1.37-containerd-2.4',
  'kubelet-1.37-containerd-2.4-gates',
];

/** More of them near the beginning, where the pods start. */
const cutsOf = ({ events }: Recording, count: number): readonly number[] => {
  const next = numbers(7);
  return Array.from({ length: count }, () => Math.floor(events.length * next() ** 2));
};

for (const capture of captures) {
  test(`${capture}, joined anywhere: no call stands in another pod's trace than for an observer that saw all`, async (t) => {
    const recording = await record(capture);
    const whole = lastCalls(replay(recording.events));
    let parts = 0;
    let agreed = 0;
    for (const cut of cutsOf(recording, 10)) {
      const joined = lastCalls(join(recording, cut, schema, numbers(cut)).findings);
      assert.deepEqual(contradictions(joined, whole), [], `cut at ${cut}`);
      for (const [key, call] of joined) {
        const there = whole.get(key);
        if (there === undefined || traceOf(there) === null) continue;
        parts += 1;
        if (traceOf(call) === traceOf(there)) agreed += 1;
      }
    }
    t.diagnostic(`${agreed} of ${parts} calls in the same trace`);
    assert.ok(agreed >= parts * 0.9, `${agreed} of ${parts}`);
  });
}

test('a start that is cut in two goes on in the same trace, before another agent', async () => {
  const recording = await record('kubelet-1.30-containerd-2.4-tracing');
  const starts = operations(replay(recording.events)).filter(({ key }) => key.kind === 'pod_start');
  assert.ok(starts.length >= 3, `${starts.length} starts`);
  const places = starts.flatMap((start) =>
    (['sandbox', 'start'] as const).map((phase) => ({
      start,
      middle: start.phases.find((one) => one.phase === phase)?.end ?? 0n,
    })),
  );
  for (const { start, middle } of places) {
    const cut = recording.events.findIndex(({ seen }) => seen.at > middle);
    const before = replay(recording.events.slice(0, cut));
    const after = join(recording, cut, schema, numbers(3)).findings;
    const tracesOf = (findings: readonly Finding[]) =>
      new Set(
        [...lastCalls(findings).values()]
          .filter(
            ({ operation }) => operation?.key.pod === start.key.pod && operation.key.kind === 'pod_start',
          )
          .map(traceOf),
      );
    assert.equal(tracesOf(before).size, 1);
    assert.deepEqual(tracesOf(after), tracesOf(before), start.pod.name ?? '');
    const ended = operations(after).find(({ key }) => key.kind === 'pod_start' && key.pod === start.key.pod);
    assert.equal(ended?.startSeen, false);
  }
});

test('a call that is named by a later list takes its place in what it was a part of', async () => {
  const recording = await record('kubelet-1.25-containerd-1.5');
  const { findings } = join(recording, Math.floor(recording.events.length / 2), schema, numbers(1));
  const named = findings.flatMap((finding) =>
    finding.kind === 'call' && finding.call.revision > 0 && finding.call.rpc === 'StartContainer'
      ? [finding.call]
      : [],
  );
  assert.ok(named.length > 0);
  for (const { operation } of named) assert.equal(operation?.role, 'part');
  const restarts = operations(findings).filter(({ key }) => key.kind === 'container_start');
  assert.deepEqual(
    restarts.map(({ outcome, phases }) => [
      outcome,
      phases.flatMap(({ phase }) => (phase === 'client' ? [] : [phase])),
    ]),
    restarts.map(() => ['running', ['create', 'start']]),
  );
});

test('a restart before the first list that the observer sees has its trace once that list tells that it is one', async () => {
  const recording = await record('kubelet-1.30-containerd-2.4-tracing');
  const whole = replay(recording.events);
  const restarts = operations(whole).filter(
    ({ key }) => key.kind === 'container_start' && key.generation > 0,
  );
  assert.ok(restarts.length >= 3, `${restarts.length} restarts`);
  let placed = 0;
  for (const restart of restarts) {
    const cut = recording.events.findIndex(({ seen }) => seen.at >= restart.start);
    const { findings } = join(recording, cut, schema, () => 0);
    const calls = lastCalls(findings);
    for (const { connection, stream } of restart.phases) {
      const call = calls.get(`${connection}/${stream}`);
      if (call?.start == null || call.operation === null) continue;
      assert.deepEqual(call.operation.key, restart.key);
      assert.equal(call.operation.role, 'part');
      placed += 1;
    }
    const told = operations(findings).find(({ key }) => JSON.stringify(key) === JSON.stringify(restart.key));
    assert.equal(told?.outcome, restart.outcome);
  }
  assert.ok(placed >= 2 * restarts.length - 1, `${placed} calls of ${restarts.length} restarts`);
});
