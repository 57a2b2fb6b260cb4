import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failed } from '../../../src/demo/grpc-server.ts';
import { notInitialized } from '../../../src/demo/runtime.ts';
import { recordedNode } from '../../support/recorded-node.ts';
import { found } from './found.ts';
import { crictl, kubelet } from './kubelets.ts';

/** Expected by hand: the rules of the releases, as docs/findings.md tells them. */
test('two kubelets in turn, and the runtime is upgraded twice between them', async (t) => {
  const node = await recordedNode(t);
  // containerd 1.5: 1.25 falls back, for both services.
  await node.serve({ versions: ['v1alpha2'] });
  const old = kubelet(node, '1.25', 100);
  assert.equal(await old.start(), true);
  await old.idle(12);
  // containerd 1.6 serves both: the kubelet keeps its choice, and nothing new is to be said of it.
  await node.kill();
  node.wait(2);
  await node.serve({ versions: ['v1', 'v1alpha2'] });
  await old.idle(12);
  await old.exit();
  node.wait(5);
  const young = kubelet(node, '1.33', 101);
  assert.equal(await young.start(), true);
  await young.idle(12);
  // containerd 2.0 serves v1 alone: nothing happens.
  await node.kill();
  node.wait(2);
  await node.serve({ versions: ['v1'] });
  await young.idle(12);
  const { negotiations, upgrades, rounds } = await found(node.save('upgraded'));
  assert.deepEqual(negotiations, [
    '100 RuntimeService: fell_back_to_v1alpha2 (fell_back, 1 in a row)',
    '100 ImageService: fell_back_to_v1alpha2 (fell_back, 1 in a row)',
    '101 RuntimeService: v1 (upgraded_v1alpha2_to_v1, 1 in a row)',
    '101 ImageService: v1 (upgraded_v1alpha2_to_v1, 1 in a row)',
  ]);
  assert.match(upgrades.at(-1) ?? '', /was started again.*: all is served again\.$/);
  assert.ok(rounds.has('pleg_relist') && rounds.has('node_status') && rounds.has('runtime_status'));
});

test('the runtime drops the version under a kubelet; its restart recovers', async (t) => {
  const node = await recordedNode(t);
  await node.serve({ versions: ['v1alpha2'] });
  const old = kubelet(node, '1.25', 100);
  await old.start();
  await old.idle(12);
  await node.kill();
  await node.serve({ versions: ['v1'] });
  await old.idle(12);
  await old.exit();
  const again = kubelet(node, '1.25', 101);
  await again.start();
  await again.idle(12);
  const { negotiations, upgrades } = await found(node.save('refused'));
  assert.deepEqual(negotiations, [
    '100 RuntimeService: fell_back_to_v1alpha2 (fell_back, 1 in a row)',
    '100 ImageService: fell_back_to_v1alpha2 (fell_back, 1 in a row)',
    '100 RuntimeService: version_refused_after_upgrade (refused_restart_needed, 1 in a row)',
    '100 ImageService: version_refused_after_upgrade (refused_restart_needed, 1 in a row)',
    '101 RuntimeService: v1 (restarted_recovered, 1 in a row)',
    '101 ImageService: v1 (restarted_recovered, 1 in a row)',
  ]);
  assert.match(upgrades.at(-1) ?? '', /restarted and recovered.*all is served again/);
});

test('a kubelet whose images are at a socket of its own, where only the old version is served', async (t) => {
  const node = await recordedNode(t);
  const images = node.endpoint.replace('runtime.sock', 'images.sock');
  await node.serve({ versions: ['v1'] });
  await node.serve({ versions: ['v1alpha2'], services: ['ImageService'] }, images);
  const of = kubelet(node, '1.25', 100, { imageEndpoint: images });
  await of.start();
  await of.idle(12);
  assert.deepEqual((await found(node.save('images'))).negotiations, [
    '100 RuntimeService: v1 (first, 1 in a row)',
    '100 ImageService at images.sock: fell_back_to_v1alpha2 (fell_back, 1 in a row)',
  ]);
});

test('commands of crictl, old and new, beside a kubelet: each has a verdict of its own', async (t) => {
  const node = await recordedNode(t);
  await node.serve({ versions: ['v1', 'v1alpha2'] });
  const of = kubelet(node, '1.29', 100);
  await of.start();
  await crictl(node, 201, true, (call) => call('ListContainers'));
  await of.idle(2);
  await crictl(node, 202, false, (call) => call('ListPodSandbox'));
  await crictl(node, 203, true, (call) => call('ListImages'));
  await of.idle(2);
  const { negotiations, rounds, calls } = await found(node.save('commands'));
  assert.deepEqual(negotiations, [
    '100 RuntimeService: v1 (first, 1 in a row)',
    '100 ImageService: v1 (first, 1 in a row)',
    '201 RuntimeService: v1alpha2 (first, 1 in a row)',
    '202 RuntimeService: v1 (upgraded_v1alpha2_to_v1, 1 in a row)',
    '203 ImageService: v1alpha2 (first, 1 in a row)',
  ]);
  assert.ok(rounds.has('pleg_relist'));
  assert.equal(calls.filter(({ method }) => method === null).length, 0);
});

test('a kubelet that is started again and again in vain, until the runtime is upgraded', async (t) => {
  const node = await recordedNode(t);
  await node.serve({ versions: ['v1alpha2'] });
  for (const pid of [100, 101, 102]) {
    const of = kubelet(node, '1.37', pid);
    assert.equal(await of.start(), false);
    node.wait(0.3);
    await of.exit();
    node.wait(10);
  }
  await node.kill();
  await node.serve({ versions: ['v1'] });
  const of = kubelet(node, '1.37', 103);
  assert.equal(await of.start(), true);
  await of.idle(11);
  const { negotiations, upgrades } = await found(node.save('loop'));
  assert.deepEqual(negotiations, [
    '100 RuntimeService: gave_up (gave_up, 1 in a row)',
    '101 RuntimeService: gave_up (gave_up, 2 in a row)',
    '102 RuntimeService: gave_up (gave_up, 3 in a row)',
    '103 RuntimeService: v1 (restarted_recovered, 1 in a row)',
    '103 ImageService: v1 (first, 1 in a row)',
  ]);
  assert.match(
    upgrades.at(-1) ?? '',
    /restarted and recovered; no call was served for \d+ s: all is served again/,
  );
});

test('a runtime that is still loading: 1.25 dies of it, 1.26 goes on', async (t) => {
  const node = await recordedNode(t);
  await node.serve({ fault: ({ ordinal }) => (ordinal < 1 ? { end: notInitialized } : null) });
  const dies = kubelet(node, '1.33', 100);
  assert.equal(await dies.call('v1', 'Version'), null);
  await dies.exit();
  await node.kill();
  await node.serve({ fault: ({ ordinal }) => (ordinal < 2 ? { end: notInitialized } : null) });
  const goesOn = kubelet(node, '1.26', 101);
  await goesOn.call('v1', 'Version');
  await goesOn.call('v1', 'ImageFsInfo');
  await goesOn.call('v1', 'Version', { version: '0.1.0' });
  await goesOn.idle(12);
  assert.deepEqual((await found(node.save('loading'))).negotiations, [
    '100 RuntimeService: gave_up (gave_up, 1 in a row)',
    '101 RuntimeService: v1 (restarted_recovered, 1 in a row)',
    '101 ImageService: v1 (first, 1 in a row)',
  ]);
});

test('a runtime that resets the question: the kubelet dies, and says so', async (t) => {
  const node = await recordedNode(t);
  await node.serve({ fault: () => ({ end: { kind: 'reset', code: 2 } }) });
  const of = kubelet(node, '1.37', 100);
  assert.equal(await of.start(), false);
  await of.exit();
  assert.deepEqual((await found(node.save('resets'))).negotiations, [
    '100 RuntimeService: gave_up (gave_up, 1 in a row)',
  ]);
});

test('a kubelet that never asks, before 1.23', async (t) => {
  const node = await recordedNode(t);
  await node.serve({ versions: ['v1', 'v1alpha2'] });
  const of = kubelet(node, '1.22', 100);
  assert.equal(await of.start(), true);
  await of.idle(12);
  assert.deepEqual((await found(node.save('old'))).negotiations, [
    '100 RuntimeService: v1alpha2 (first, 1 in a row)',
    '100 ImageService: v1alpha2 (first, 1 in a row)',
  ]);
});

test('methods that the runtime is too old for move no verdict, and what is used instead is told', async (t) => {
  const node = await recordedNode(t);
  const streams = ['StreamPodSandboxes', 'StreamContainers', 'StreamImages'];
  const events = failed(12, 'method GetContainerEvents not implemented');
  await node.serve({
    versions: ['v1'],
    without: streams,
    fault: ({ method }) => (method === 'GetContainerEvents' ? { end: events } : null),
  });
  const of = kubelet(node, '1.37', 100);
  await of.start();
  // CRIListStreaming: asked once, then the twin for good.
  await of.call('v1', 'StreamPodSandboxes', { filter: {} });
  await of.call('v1', 'ListPodSandbox', { filter: {} });
  await of.call('v1', 'StreamContainers', { filter: {} });
  await of.call('v1', 'ListContainers', { filter: {} });
  for (let time = 0; time < 5; time++) {
    await of.call('v1', 'GetContainerEvents');
    node.wait(1);
  }
  await of.idle(12);
  const { negotiations, features } = await found(node.save('features'));
  assert.deepEqual(negotiations, [
    '100 RuntimeService: v1 (first, 1 in a row)',
    '100 ImageService: v1 (first, 1 in a row)',
  ]);
  const last = new Map(features.map((text) => [text.split(' ')[0], text]));
  assert.deepEqual([...last.values()].sort(), [
    'container_events null true',
    'list_streaming ListContainers true',
  ]);
});
