import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofKind, type Told, tell } from '../unreturned/story.ts';

const refused = (rpc: string, from: number, rest: Partial<Told> = {}): Told => ({
  rpc,
  from,
  to: from + 1,
  status: 'UNIMPLEMENTED',
  message: `unknown method ${rpc} for service runtime.v1.RuntimeService`,
  ...rest,
});
const served = (rpc: string, from: number): Told => ({ rpc, from, to: from + 1 });

const said = (calls: readonly Told[]): string[] =>
  ofKind(tell(calls), 'feature_fallback').map(
    ({ revision, feature, count, instead, sticky }) =>
      `r${revision} ${feature} x${count} ${instead} ${sticky}`,
  );

test('a streamed list that is refused once: the unary one from then on', () => {
  const calls = [
    refused('StreamContainers', 0),
    served('ListContainers', 10),
    served('ListContainers', 20),
    served('ListContainers', 30),
  ];
  assert.deepEqual(said(calls), [
    'r0 list_streaming x1 null null',
    'r1 list_streaming x1 ListContainers null',
    'r2 list_streaming x1 ListContainers true',
  ]);
});

test('pod statistics are asked for, and refused, each time', () => {
  const calls = [0, 100, 200, 300].flatMap((from) => [
    refused('ListPodSandboxStats', from),
    served('ListContainerStats', from + 10),
  ]);
  const told = said(calls);
  assert.deepEqual(told.slice(0, 3), [
    'r0 pod_stats x1 null null',
    'r1 pod_stats x1 ListContainerStats null',
    'r2 pod_stats x2 ListContainerStats false',
  ]);
  assert.equal(told.at(-1), 'r3 pod_stats x4 ListContainerStats false');
});

test('five refused tries for container events: a kubelet does not ask again', () => {
  const calls = [0, 1, 2, 3, 4].map((nth) =>
    refused('GetContainerEvents', nth * 1000, { message: 'method GetContainerEvents not implemented' }),
  );
  assert.equal(said(calls).at(-1), 'r3 container_events x5 null true');
});

test('a service that is unknown as a whole is a matter of the API version', () => {
  const calls = [refused('RuntimeConfig', 0, { message: 'unknown service runtime.v1.RuntimeService' })];
  assert.deepEqual(said(calls), []);
  assert.deepEqual(said([refused('RuntimeConfig', 0)]), ['r0 runtime_config x1 null null']);
});

test('each caller process has its own', () => {
  const calls = [refused('RuntimeConfig', 0, { pid: 1 }), refused('RuntimeConfig', 10, { pid: 2 })];
  assert.equal(said(calls).length, 2);
});
