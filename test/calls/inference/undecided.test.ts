import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../../src/calls/call.ts';
import type { Finding } from '../../../src/calls/finding.ts';
import { streamedTwin, unaryTwin } from '../../../src/calls/list-twins.ts';
import { loadSchema } from '../../../src/cri/schema.ts';
import { nanosPerSecond } from '../../../src/foundation/time.ts';
import { replayFindings } from '../../support/replay-calls.ts';
import { fileOf, join, record } from './late-joins.ts';
import { twins } from './score.ts';

const schema = loadSchema();
const nothingLost = () => 0;
const shares = [0.15, 0.35, 0.6];
const settled = 10n * nanosPerSecond;

const keyOf = ({ connection, stream }: Pick<Call, 'connection' | 'stream'>) => `${connection}/${stream}`;

/** Calls as they were told last, and the kind and first call of the round that each is part of. */
const toldBy = (findings: readonly Finding[]) => {
  const calls = new Map<string, Call>();
  const kinds = new Map<string, string>();
  for (const finding of findings) {
    if (finding.kind === 'call') calls.set(keyOf(finding.call), finding.call);
    if (finding.kind === 'round') kinds.set(keyOf(finding.round.head), finding.round.kind);
  }
  const roundOf = ({ round }: Call): string =>
    round === null ? 'none' : `${kinds.get(keyOf(round.head))} of ${keyOf(round.head)}`;
  return { calls, roundOf };
};

test('of lists that no byte tells from their twins all is known that does not depend on it', async () => {
  const name = 'kubelet-1.37-containerd-2.4-gates';
  const recording = await record(name);
  const whole = toldBy(await replayFindings(fileOf(name)));
  let undecided = 0;
  for (const share of shares) {
    const { at, findings } = join(
      recording,
      Math.floor(share * recording.events.length),
      schema,
      nothingLost,
    );
    const late = toldBy(findings);
    for (const [key, call] of late.calls) {
      const read = whole.calls.get(key);
      if (read?.rpc === undefined || read.rpc === null || read.start === null || read.start < at) continue;
      if (read.start >= at + settled)
        assert.equal(late.roundOf(call), whole.roundOf(read), `${key} ${read.rpc}`);
      assert.deepEqual(call.facts.pod?.uid, read.facts.pod?.uid);
      if (!twins.has(read.rpc)) continue;
      undecided += 1;
      assert.deepEqual([call.rpc, call.method, call.methodSource], [null, null, 'unknown']);
      assert.deepEqual(call.methodCandidates, [unaryTwin[read.rpc], read.rpc]);
      assert.equal(call.service, read.service);
      assert.equal(call.facts.items, read.facts.items);
      assert.equal(call.facts.values['filter.state'], read.facts.values['filter.state']);
      if (read.start >= at + settled) assert.equal(call.apiVersion, 'v1');
    }
  }
  assert.ok(undecided > 500, `${undecided}`);
});

test('a relist of lists without a name tells what a named one tells', async () => {
  const name = 'kubelet-1.37-containerd-2.4-gates';
  const recording = await record(name);
  const { at, findings } = join(recording, Math.floor(0.3 * recording.events.length), schema, nothingLost);
  const relists = (of: readonly Finding[], from: bigint) =>
    of.flatMap((finding) =>
      finding.kind === 'round' && finding.round.kind === 'pleg_relist' && finding.round.start >= from
        ? [finding.round]
        : [],
    );
  const late = relists(findings, at + settled);
  const whole = relists(await replayFindings(fileOf(name)), at + settled);
  assert.ok(late.length > 20);
  assert.deepEqual(
    late.map(({ start, end, calls, pods, sandboxes, containers, listNs, staleNs }) => [
      ...[start, end, calls, pods, sandboxes, containers, listNs, staleNs],
    ]),
    whole.map(({ start, end, calls, pods, sandboxes, containers, listNs, staleNs }) => [
      ...[start, end, calls, pods, sandboxes, containers, listNs, staleNs],
    ]),
  );
});

test('a kubelet with its defaults has undecided lists for its first ten seconds, and named ones from then on', async () => {
  const recording = await record('kubelet-1.37-containerd-2.4');
  const { findings } = join(recording, Math.floor(0.3 * recording.events.length), schema, nothingLost);
  const first = new Map<string, Call>();
  for (const finding of findings)
    if (finding.kind === 'call' && !first.has(keyOf(finding.call)))
      first.set(keyOf(finding.call), finding.call);
  const undecided = [...first].filter(([, { methodCandidates }]) =>
    methodCandidates.some((rpc) => streamedTwin[rpc] !== undefined),
  );
  assert.ok(undecided.length > 10);
  const { calls } = toldBy(findings);
  for (const [key, { methodCandidates }] of undecided) {
    const last = calls.get(key);
    assert.equal(last?.rpc, methodCandidates[0]);
    assert.deepEqual(last?.methodCandidates, []);
  }
});
