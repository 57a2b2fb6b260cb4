import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Call } from '../../src/calls/call.ts';
import type { Finding } from '../../src/calls/finding.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { createPipeline } from '../../src/pipeline.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { replayEvents } from '../support/replay-events.ts';
import { storyTree } from '../support/story-tree.ts';

const capture = fileURLToPath(new URL('../fixtures/kernel/pod-lifecycle.jsonl.gz', import.meta.url));
const schema = loadSchema();
const events = await replayEvents(capture);

/** `beats`: the pipeline is told the time between any two events, as a live source that has nothing to tell does. */
const findingsOf = (input: readonly SourceEvent[], beats = false): readonly Finding[] => {
  const pipeline = createPipeline({ schema, full: false });
  const found: Finding[] = [];
  let last = 0n;
  for (const event of input) {
    if (beats && last > 0n) found.push(...pipeline.tick((last + event.seen.at) / 2n));
    last = event.seen.at;
    found.push(...pipeline.push(event));
  }
  return [...found, ...pipeline.finish()];
};

const callsOf = (found: readonly Finding[]): readonly Call[] =>
  found.flatMap((finding) => (finding.kind === 'call' ? [finding.call] : []));

const byKey = (calls: readonly Call[]): ReadonlyMap<string, Call> =>
  new Map(calls.map((call) => [`${call.connection}/${call.stream}/${call.revision}`, call]));

const found = findingsOf(events);

const treeOf = (rpc: string, pod: string, nth = 0): readonly string[] => {
  const calls = callsOf(found).filter((call) => call.rpc === rpc && call.facts.pod?.name === pod);
  const story = calls[nth]?.kernel;
  assert.ok(story, `${rpc} of ${pod}`);
  return storyTree(story);
};

test('a real pod: what ran for each call of its life', () => {
  assert.deepEqual(treeOf('RunPodSandbox', 'web-0'), [
    'fdatasync meta.db',
    'fdatasync metadata.db',
    'cni.ADD loopback',
    'cni.ADD bridge',
    '  cni.ADD host-local',
    'cni.ADD portmap',
    'containerd-shim start',
    'runc create',
    '  runc init',
    'runc start',
  ]);
  assert.deepEqual(treeOf('StartContainer', 'web-0'), [
    'containerd-shim start',
    'runc create',
    '  runc init',
    'runc start',
    'container workload',
    'fsync .tmp-status',
  ]);
  assert.deepEqual(treeOf('ExecSync', 'web-0'), ['runc exec', '  runc init', 'container workload']);
  const exitCodes = callsOf(found)
    .filter(({ rpc }) => rpc === 'ExecSync')
    .map(
      ({ kernel }) =>
        kernel?.parts.find(({ what }) => what.kind === 'program' && what.program.kind === 'container')
          ?.exitCode,
    );
  assert.deepEqual(exitCodes, [0, 1]);
  for (const wanted of ['runc kill', 'container stop', 'runc delete', 'containerd-shim delete'])
    assert.ok(treeOf('StopContainer', 'web-0').includes(wanted), wanted);
  for (const wanted of ['cni.DEL bridge', '  cni.DEL host-local', 'cni.DEL portmap', 'cni.DEL loopback'])
    assert.ok(treeOf('StopPodSandbox', 'web-0').includes(wanted), wanted);
});

test('a pull that finds no registry: the connect that failed', () => {
  const pull = callsOf(found).find(({ rpc }) => rpc === 'PullImage');
  const connect = pull?.kernel?.parts.find(({ what }) => what.kind === 'connect');
  assert.deepEqual(connect?.what, { kind: 'connect', address: '127.0.0.1', port: 1, connected: false });
});

test('the same stories whether or not the time is told in between', () => {
  assert.deepEqual(byKey(callsOf(findingsOf(events, true))), byKey(callsOf(found)));
});

test('the kernel’s side changes nothing else of a call', () => {
  const without = callsOf(findingsOf(events.filter(({ kind }) => kind !== 'kernel')));
  const bare = (calls: readonly Call[]) => byKey(calls.map((call) => ({ ...call, kernel: null })));
  assert.deepEqual(bare(callsOf(found)), bare(without));
});

test('a story comes once, right after its call', () => {
  for (const [at, finding] of found.entries()) {
    if (finding.kind !== 'kernel') continue;
    const before = found[at - 1];
    assert.ok(before?.kind === 'call' && before.call.stream === finding.call.stream);
    assert.equal(before.call.kernel, finding.story);
  }
  const told = found.flatMap((finding) => (finding.kind === 'kernel' ? [finding.call.stream] : []));
  assert.ok(told.length > 10);
});
