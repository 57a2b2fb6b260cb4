import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Played, play } from '../calls/waits/play.ts';
import { sumOf } from '../support/metrics-page.ts';
import { aBook } from './a-book.ts';

const name = 'cri_pod_start_phase_duration_seconds';

/** The pull of `api` comes first, from the second on in which the sandbox of `web` stands. */
const calls: readonly Played[] = [
  { rpc: 'RunPodSandbox', from: 0, to: 1 },
  { rpc: 'PullImage', from: 6, to: 8, image: 'web:1' },
  { rpc: 'CreateContainer', from: 8, to: 8.5, container: 'app' },
  { rpc: 'StartContainer', from: 8.5, to: 9, container: 'app' },
];
const api: Played = { rpc: 'PullImage', pod: 'api', image: 'api:1', from: 1, to: 5.99 };

test('what a start spent behind pulls of other pods is a part of the time of its kubelet', async () => {
  for (const [others, waited] of [
    [[api], 5],
    [[], null],
  ] as const) {
    const { sink, samples } = aBook();
    const { operations } = play([...calls, ...others]);
    sink.findings(operations.map((operation) => ({ finding: { kind: 'operation', operation }, spans: [] })));
    const all = await samples();
    assert.equal(sumOf(all, `${name}_sum`, { phase: 'kubelet' }), 5);
    assert.equal(sumOf(all, `${name}_sum`, { phase: 'image_pull' }), 2);
    assert.equal(sumOf(all, `${name}_count`, { phase: 'pull_queue' }), waited === null ? 0 : 1);
    assert.equal(sumOf(all, `${name}_sum`, { phase: 'pull_queue' }), waited ?? 0);
  }
});
