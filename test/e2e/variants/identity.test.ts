import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordedNode } from '../../support/recorded-node.ts';
import { found } from './found.ts';
import { crictl, kubelet } from './kubelets.ts';
import { makeContainer, startPod } from './pods.ts';

const image = 'registry.k8s.io/app:1';

for (const release of ['1.20', '1.23', '1.25', '1.26', '1.29', '1.33', '1.36', '1.37'] as const)
  test(`pods of a kubelet ${release}: the right pod on every call, and each start and stop told once`, async (t) => {
    const node = await recordedNode(t);
    const versions = release === '1.20' ? (['v1alpha2'] as const) : (['v1', 'v1alpha2'] as const);
    await node.serve({ versions, images: [image] });
    const of = kubelet(node, release, 100);
    await of.start();
    const ask = (rpc: string, request = {}) => of.call(of.runtimeVersion(), rpc, request);
    const web = await startPod(of, 'web', { pull: 'before' });
    const db = await startPod(of, 'db', { pull: 'after' });
    await of.idle(2);

    // A container of web ends, is made anew, and again; the old ones go.
    let container = web.container;
    for (const attempt of [1, 2]) {
      await ask('StopContainer', { container_id: container, timeout: 30 });
      await ask('ContainerStatus', { container_id: container });
      node.wait(40);
      const next = await makeContainer(of, 'web', web.sandbox, attempt);
      await ask('RemoveContainer', { container_id: container });
      // It is asked for once more, and is not there.
      await ask('ContainerStatus', { container_id: container });
      container = next;
    }

    // The sandbox of db ends, and another takes its place.
    await ask('StopContainer', { container_id: db.container, timeout: 30 });
    await ask('StopPodSandbox', { pod_sandbox_id: db.sandbox });
    const again = await startPod(of, 'db', { attempt: 1 });
    await ask('PodSandboxStatus', { pod_sandbox_id: db.sandbox });
    await ask('PodSandboxStatus', { pod_sandbox_id: again.sandbox });
    await ask('RemoveContainer', { container_id: db.container });
    await ask('RemovePodSandbox', { pod_sandbox_id: db.sandbox });
    await of.idle(2);
    node.wait(60);

    await ask('ListPodSandbox', { filter: { label_selector: { 'io.kubernetes.pod.uid': web.uid } } });
    await ask('ListContainers', { filter: { pod_sandbox_id: web.sandbox } });
    await ask('ExecSync', { container_id: container, cmd: ['/probe'], timeout: 1 });
    await ask('StopContainer', { container_id: container, timeout: 30 });
    await ask('StopPodSandbox', { pod_sandbox_id: web.sandbox });
    await ask('RemoveContainer', { container_id: container });
    await ask('StopPodSandbox', { pod_sandbox_id: web.sandbox });
    await ask('RemovePodSandbox', { pod_sandbox_id: web.sandbox });
    await ask('PodSandboxStatus', { pod_sandbox_id: web.sandbox });
    await of.idle(2);

    const told = await found(node.save('pods'));
    const { expected, wrong, invented } = told.identity();
    assert.ok(expected > 35, `${expected} calls`);
    assert.deepEqual({ wrong, invented }, { wrong: [], invented: [] });
    assert.deepEqual(told.operations.toSorted(), [
      'container_start web #0 app #1: running',
      'container_start web #0 app #2: running',
      'pod_start db #0: running',
      'pod_start db #1: running',
      'pod_start web #0: running',
      'pod_stop db #0: stopped',
      // Only its container was stopped, twice, and the pod went on.
      'pod_stop web #0: containers_stopped',
      'pod_stop web #0: containers_stopped',
      'pod_stop web #0: stopped',
    ]);
  });

test('what people type: beginnings of ids, images by their id', async (t) => {
  const node = await recordedNode(t);
  const runtime = await node.serve({ versions: ['v1'], images: [image, 'registry.k8s.io/old:1'] });
  const of = kubelet(node, '1.33', 100);
  await of.start();
  const web = await startPod(of, 'web');
  const db = await startPod(of, 'db');
  await of.relist();
  await of.call('v1', 'ListImages');
  const { id = '' } = runtime.state.images.get('registry.k8s.io/old:1') ?? {};
  await crictl(node, 201, false, async (call) => {
    await call('ContainerStatus', { container_id: web.container.slice(0, 13) });
    await call('PodSandboxStatus', { pod_sandbox_id: db.sandbox.slice(0, 5) });
    await call('StopContainer', { container_id: db.container.slice(0, 13), timeout: 0 });
    // Of nothing, and of everything.
    await call('ContainerStatus', { container_id: 'zz' });
    await call('ContainerStatus', { container_id: '' });
  });
  await crictl(node, 202, false, (call) => call('RemoveImage', { image: { image: id } }));
  const told = await found(node.save('typed'));
  const { wrong, invented } = told.identity();
  assert.deepEqual({ wrong, invented }, { wrong: [], invented: [] });
  const typed = told.calls.filter(({ caller }) => JSON.stringify(caller).includes('"crictl"'));
  const names = typed.map(({ rpc, pod, image: of }) => [
    rpc,
    JSON.stringify(pod).match(/"name":"(\w+)"/)?.[1],
    of,
  ]);
  assert.deepEqual(
    names.filter(([rpc]) => rpc !== 'Version'),
    [
      ['ContainerStatus', 'web', image],
      ['PodSandboxStatus', 'db', null],
      ['StopContainer', 'db', image],
      ['ContainerStatus', undefined, null],
      ['ContainerStatus', undefined, null],
      ['RemoveImage', undefined, 'registry.k8s.io/old:1'],
    ],
  );
});

test('two pods of one name, one after the other, are two', async (t) => {
  const node = await recordedNode(t);
  await node.serve({ versions: ['v1'], images: [image] });
  const of = kubelet(node, '1.33', 100);
  await of.start();
  const ask = (rpc: string, request = {}) => of.call('v1', rpc, request);
  const uids: string[] = [];
  for (const uid of ['u-1', 'u-2']) {
    const metadata = { name: 'job', namespace: 'shop', uid };
    const labels = {
      'io.kubernetes.pod.name': 'job',
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.pod.uid': uid,
    };
    const made = await ask('RunPodSandbox', { config: { metadata, labels } });
    await ask('StopPodSandbox', { pod_sandbox_id: made?.pod_sandbox_id });
    await ask('RemovePodSandbox', { pod_sandbox_id: made?.pod_sandbox_id });
    uids.push(uid);
  }
  const told = await found(node.save('names'));
  assert.deepEqual(told.identity().wrong, []);
  const seen = told.calls.flatMap(({ pod }) => JSON.stringify(pod).match(/"uid":"(u-\d)"/)?.[1] ?? []);
  assert.deepEqual(
    uids.map((uid) => seen.filter((one) => one === uid).length),
    [3, 3],
  );
});
