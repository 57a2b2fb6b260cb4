import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createCallSpans } from '../../src/call-spans.ts';
import type { Call } from '../../src/calls/call.ts';
import type { Round } from '../../src/calls/rounds/round.ts';
import {
  createRoundSampling,
  createSamplingCounters,
  defaultSamplingLimits,
  isSampledLater,
  type MakesSpans,
  type SamplingPolicy,
} from '../../src/export/round-sampling.ts';
import type { Exported } from '../../src/export/sink.ts';
import { replayHostFacts } from '../../src/spans/host.ts';
import { createSpanCounters } from '../../src/spans/limits.ts';
import type { Span } from '../../src/spans/span.ts';
import { replayFindings } from '../support/replay-calls.ts';

const policy: SamplingPolicy = {
  ...defaultSamplingLimits,
  intervalNs: 60_000_000_000n,
  slowNs: 1_000_000_000n,
};

const exported = async (name: string): Promise<Exported[]> => {
  const path = fileURLToPath(new URL(`../fixtures/captures/${name}.jsonl.gz`, import.meta.url));
  const spansOf = createCallSpans({
    identity: 'capture',
    host: replayHostFacts('capture'),
    mode: 'replay',
    version: '0',
    counters: createSpanCounters(),
  });
  const findings = await replayFindings(path);
  const end = findings.reduce((last, finding) => {
    const at = finding.kind === 'call' ? finding.call.end : null;
    return at !== null && at > last ? at : last;
  }, 0n);
  return findings.map((finding) => ({ finding, spans: spansOf(finding, end) }));
};

/** What a stage that makes spans when they are wanted would make. */
const madeBefore =
  (all: readonly Exported[]): MakesSpans =>
  (finding) =>
    all.find((one) => one.finding === finding)?.spans ?? [];

/** One finding at a time, as a live source brings them. */
const sample = (all: readonly Exported[], changes: Partial<SamplingPolicy> = {}) => {
  const counters = createSamplingCounters();
  const sampling = createRoundSampling({ ...policy, ...changes }, madeBefore(all), counters);
  const kept = all.flatMap(({ finding, spans }) =>
    sampling([{ finding, spans: isSampledLater(finding) ? [] : spans }]),
  );
  return { kept, counters, spans: kept.flatMap(({ spans }) => spans) };
};

const callKey = ({ connection, stream }: Pick<Call, 'connection' | 'stream'>): string =>
  `${connection}/${stream}`;
const roots = (spans: readonly Span[], round: Round['kind']): Span[] =>
  spans.filter(({ attributes }) => attributes['cri.round'] === round);

test('four minutes of a kubelet: loops give way, nothing else does', async () => {
  const all = await exported('kubelet-1.37-containerd-2.4');
  const before = all.flatMap(({ spans }) => spans);
  const { kept, spans, counters } = sample(all);
  assert.deepEqual(
    kept.map(({ finding }) => finding),
    all.map(({ finding }) => finding),
  );
  assert.ok(spans.length * 4 < before.length, `${spans.length} of ${before.length}`);
  assert.equal(counters.heldNow, 0);
  assert.equal(new Set(spans).size, spans.length);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  for (const { finding, spans: own } of all) {
    const isLoop = finding.kind === 'round' || (finding.kind === 'call' && finding.call.round !== null);
    const failed = own.some(({ status }) => status.code === 'error');
    if (!isLoop || failed) for (const { spanId, name } of own) assert.ok(ids.has(spanId), name);
  }
  // About one relist a minute, each with its calls, and with the number of those that it stands for.
  const relists = roots(spans, 'pleg_relist');
  assert.ok(relists.length >= 4 && relists.length < 20, `${relists.length}`);
  const omitted = relists.reduce(
    (sum, { attributes }) => sum + Number(attributes['cri.round.omitted'] ?? 0),
    0,
  );
  const rounds = all.filter(
    ({ finding }) => finding.kind === 'round' && finding.round.kind === 'pleg_relist',
  );
  assert.ok(omitted + relists.length <= rounds.length && omitted > rounds.length / 2);
  for (const relist of relists) {
    const children = spans.filter(({ parentSpanId }) => parentSpanId === relist.spanId);
    assert.equal(children.length, relist.attributes['cri.round.calls']);
    for (const child of children) assert.equal(child.traceId, relist.traceId);
  }
});

test('every round is exported where each is slow, and none is lost', async () => {
  const all = await exported('kubelet-1.37-containerd-2.4-gates');
  const { spans } = sample(all, { slowNs: 0n });
  assert.deepEqual(
    spans.map(({ spanId }) => spanId).sort(),
    all.flatMap((one) => one.spans.map(({ spanId }) => spanId)).sort(),
  );
});

test('a bound of none holds nothing back', async () => {
  const all = await exported('kubelet-1.37-containerd-2.4-gates');
  const { counters, spans } = sample(all, { maxHeld: 0 });
  assert.equal(counters.heldNow, 0);
  assert.ok(counters.roundsForcedOut > 100);
  assert.equal(
    spans.length,
    all.reduce((sum, one) => sum + one.spans.length, 0),
  );
});

test('what a client with tracing did not sample goes, but for pods, errors and negotiations', async () => {
  const all = await exported('kubelet-1.30-containerd-2.4-tracing');
  const unsampled = all.map(({ finding, spans }) => ({
    finding,
    spans: finding.kind === 'call' ? spans.map((span) => ({ ...span, traceFlags: 0 })) : spans,
  }));
  const { kept, counters } = sample(unsampled);
  assert.ok(counters.callsUnsampled > 20);
  for (const [at, { finding, spans }] of kept.entries()) {
    if (finding.kind !== 'call' || finding.call.round !== null) continue;
    const { operation, isProbe, result } = finding.call;
    const isKept = operation?.role === 'part' || isProbe || result.status !== 'OK';
    assert.equal(spans.length, isKept ? all[at]?.spans.length : 0, callKey(finding.call));
  }
});
