import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCallSpans } from '../../src/call-spans.ts';
import type { Call } from '../../src/calls/call.ts';
import type { Finding } from '../../src/calls/finding.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import {
  createLateNameCounters,
  defaultLateNameLimits,
  type LateNameLimits,
  withLateNames,
} from '../../src/export/late-names.ts';
import type { Exported } from '../../src/export/sink.ts';
import { replayHostFacts } from '../../src/spans/host.ts';
import { createSpanCounters } from '../../src/spans/limits.ts';
import { join, numbers, record } from '../calls/inference/late-joins.ts';

const keyOf = ({ connection, stream }: Call): string => `${connection}/${stream}`;

const exportedOf = (findings: readonly Finding[]): Exported[] => {
  const spansOf = createCallSpans({
    identity: 'capture',
    host: replayHostFacts('capture'),
    mode: 'replay',
    version: '0',
    counters: createSpanCounters(),
  });
  return findings.map((finding) => ({ finding, spans: spansOf(finding, null) }));
};

/** What is handed on for the first time, in its order. */
const handedOn = async (all: readonly Exported[], limits: LateNameLimits = defaultLateNameLimits) => {
  const counters = createLateNameCounters();
  async function* batches() {
    for (const one of all) yield [one];
  }
  const out: Exported[] = [];
  for await (const batch of withLateNames(batches(), counters, limits)) out.push(...batch);
  return { out, counters };
};

const callsOf = (all: readonly Exported[]): Call[] =>
  all.flatMap(({ finding }) => (finding.kind === 'call' ? [finding.call] : []));

const joined = async () => {
  const recording = await record('kubelet-1.37-containerd-2.4');
  const index = Math.floor(recording.events.length / 2);
  const { calls, findings } = join(recording, index, loadSchema(), numbers(3));
  return { last: new Map(calls.map((call) => [keyOf(call), call])), exported: exportedOf(findings) };
};

test('each call of a joined connection is handed on once, by the name that it has in the end', async (context) => {
  const { last, exported } = await joined();
  const { out, counters } = await handedOn(exported);
  const first = callsOf(out).filter(({ revision }) => revision === 0);
  assert.equal(new Set(first.map(keyOf)).size, first.length);
  assert.deepEqual(new Set(first.map(keyOf)), new Set(last.keys()));
  const names = (calls: Iterable<Call>) => [...calls].filter(({ method }) => method !== null).length;
  const atOnce = names(callsOf(exported).filter(({ revision }) => revision === 0));
  context.diagnostic(
    `${first.length} calls, ${names(first)} with a path, ${atOnce} without the wait, ${names(last.values())} in the end`,
  );
  assert.ok(atOnce < names(first));
  for (const call of first) assert.equal(call.method, last.get(keyOf(call))?.method, keyOf(call));
  for (const { finding, spans } of out) {
    if (finding.kind === 'call' && finding.call.method !== null)
      assert.equal(spans[0]?.attributes['rpc.method'], finding.call.method);
  }
  assert.ok(counters.improved > 0);
  assert.equal(counters.heldNow, 0);
});

test('what stays unknown is handed on when its time is over, or when too many wait', async () => {
  const { last, exported } = await joined();
  for (const limits of [
    { ...defaultLateNameLimits, holdNs: 0n },
    { ...defaultLateNameLimits, maxCalls: 3 },
  ]) {
    const { out, counters } = await handedOn(exported, limits);
    const first = callsOf(out).filter(({ revision }) => revision === 0);
    assert.deepEqual(new Set(first.map(keyOf)), new Set(last.keys()));
    assert.equal(first.length, last.size);
    assert.ok(counters.unimproved > 0);
  }
});

test('all else passes at once', async () => {
  const recording = await record('kubelet-1.37-containerd-2.4');
  const { findings } = join(recording, 0, loadSchema(), numbers(1));
  assert.deepEqual(findings, []);
  const { exported } = await joined();
  const read = exported.filter(
    ({ finding }) => finding.kind !== 'call' || finding.call.methodSource === 'read',
  );
  const { out } = await handedOn(read);
  assert.deepEqual(out, read);
});
