import assert from 'node:assert/strict';
import test from 'node:test';
import { children, type Message, text } from '../../src/demo/codec.ts';
import { failed } from '../../src/demo/grpc-server.ts';
import { notInitialized, populate } from '../../src/demo/runtime.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { aClient, aRuntime, type Call } from '../support/a-runtime.ts';

const image = 'example.local/web:1';
const podConfig = (name: string): Message => ({
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
  labels: { 'io.kubernetes.pod.uid': `uid-${name}` },
});

const aContainer = async (call: Call, name: string) => {
  const sandbox = await call('RunPodSandbox', { config: podConfig(name) });
  const sandboxId = text(sandbox.response, 'pod_sandbox_id');
  const created = await call('CreateContainer', {
    pod_sandbox_id: sandboxId,
    config: { metadata: { name: 'web' }, image: { image } },
  });
  return { sandboxId, containerId: text(created.response, 'container_id') };
};

test('refusals have the texts of a grpc-go server', async (t) => {
  const old = await aRuntime(t, { versions: ['v1alpha2'] });
  const recent = await aRuntime(t, { without: ['RuntimeConfig'], services: ['RuntimeService'] });
  const cases = [
    [old.socket, 'v1', 'Version', 'unknown service runtime.v1.RuntimeService'],
    [old.socket, 'v1', 'ImageFsInfo', 'unknown service runtime.v1.ImageService'],
    [old.socket, 'v1alpha2', 'Attach', 'method Attach not implemented'],
    [recent.socket, 'v1', 'ImageFsInfo', 'unknown service runtime.v1.ImageService'],
    [
      recent.socket,
      'v1',
      'RuntimeConfig',
      'unknown method RuntimeConfig for service runtime.v1.RuntimeService',
    ],
  ] as const;
  for (const [socket, version, method, details] of cases) {
    const { record } = await aClient(t, socket, version)(method);
    assert.deepEqual([record.code, record.details], ['UNIMPLEMENTED', details], `${version} ${method}`);
  }
});

test('a pod lives from RunPodSandbox to RemovePodSandbox', async (t) => {
  const { socket, state } = await aRuntime(t, { images: [image] });
  const call = aClient(t, socket);
  const { sandboxId, containerId } = await aContainer(call, 'web-0');
  assert.match(sandboxId, /^[0-9a-f]{64}$/);
  assert.match(containerId, /^[0-9a-f]{64}$/);

  const containerState = async (): Promise<string> => {
    const { response } = await call('ListContainers', { filter: { pod_sandbox_id: sandboxId.slice(0, 12) } });
    return text(children(response, 'containers')[0] ?? {}, 'state') || 'CONTAINER_CREATED';
  };
  assert.equal(await containerState(), 'CONTAINER_CREATED');
  await call('StartContainer', { container_id: containerId.slice(0, 12) });
  assert.equal(await containerState(), 'CONTAINER_RUNNING');
  const again = await call('StartContainer', { container_id: containerId });
  assert.equal(again.record.code, 'UNKNOWN');
  const exec = await call('ExecSync', { container_id: containerId, cmd: ['/workload', 'exit', '3'] });
  assert.equal(exec.response.exit_code, 3);
  await call('StopPodSandbox', { pod_sandbox_id: sandboxId });
  assert.equal(await containerState(), 'CONTAINER_EXITED');
  await call('RemovePodSandbox', { pod_sandbox_id: sandboxId });
  assert.deepEqual([state.sandboxes.size, state.containers.size], [0, 0]);
  for (const [method, request] of [
    ['StopPodSandbox', { pod_sandbox_id: sandboxId }],
    ['ContainerStatus', { container_id: containerId }],
  ] as const)
    assert.equal((await call(method, request)).record.code, 'NOT_FOUND', method);
  assert.equal((await call('RemoveContainer', { container_id: containerId })).record.code, 'OK');
});

test('lists are filtered by label and state', async (t) => {
  const { socket } = await aRuntime(t, { images: [image] });
  const call = aClient(t, socket);
  const { sandboxId } = await aContainer(call, 'web-0');
  await aContainer(call, 'web-1');
  await call('StopPodSandbox', { pod_sandbox_id: sandboxId });
  const names = async (filter: Message): Promise<string[]> =>
    children((await call('ListPodSandbox', { filter })).response, 'items').map(({ labels }) =>
      JSON.stringify(labels).replace(/.*uid-(.*?)".*/, '$1'),
    );
  assert.deepEqual(await names({}), ['web-0', 'web-1']);
  assert.deepEqual(await names({ state: { state: 'SANDBOX_READY' } }), ['web-1']);
  assert.deepEqual(await names({ state: { state: 'SANDBOX_NOTREADY' } }), ['web-0']);
  assert.deepEqual(await names({ label_selector: { 'io.kubernetes.pod.uid': 'uid-web-1' } }), ['web-1']);
  assert.deepEqual(await names({ id: sandboxId.slice(0, 8) }), ['web-0']);
});

test('a pull of an image that is not there fails as from a dead registry', async (t) => {
  const { socket } = await aRuntime(t, { images: [image] });
  const call = aClient(t, socket);
  assert.equal((await call('PullImage', { image: { image } })).record.code, 'OK');
  const { record } = await call('PullImage', { image: { image: '127.0.0.1:1/none:1' } });
  assert.equal(record.code, 'UNKNOWN');
  assert.match(
    record.details,
    /^failed to pull and unpack image "127\.0\.0\.1:1\/none:1": .*connection refused$/,
  );
});

test('streamed lists carry one item a message, an empty one carries none', async (t) => {
  const { socket, state } = await aRuntime(t);
  const call = aClient(t, socket);
  assert.equal((await call('StreamContainers')).record.responseMessages, 0);
  populate(state, 7, { clock: systemClock(), seed: 1, image, annotationBytes: 10 });
  const { record } = await call('StreamContainers');
  assert.deepEqual([record.code, record.responseMessages], ['OK', 7]);
});

test('container events reach every subscriber until it leaves', async (t) => {
  let subscribed = 0;
  let bothSubscribed: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    bothSubscribed = resolve;
  });
  const { socket } = await aRuntime(t, {
    images: [image],
    fault({ method }) {
      if (method === 'GetContainerEvents' && ++subscribed === 2) bothSubscribed();
      return null;
    },
  });
  const call = aClient(t, socket);
  const leave = new AbortController();
  let received = 0;
  let sixReceived: () => void = () => undefined;
  const allReceived = new Promise<void>((resolve) => {
    sixReceived = resolve;
  });
  const onMessage = () => {
    if (++received === 6) sixReceived();
  };
  const subscriptions = [aClient(t, socket), call].map((subscribe) =>
    subscribe('GetContainerEvents', {}, { timeoutMs: null, signal: leave.signal, onMessage }),
  );
  await ready;
  const { sandboxId, containerId } = await aContainer(call, 'web-0');
  await call('StartContainer', { container_id: containerId });
  await call('RemovePodSandbox', { pod_sandbox_id: sandboxId });
  await allReceived;
  leave.abort();
  for (const { record } of await Promise.all(subscriptions))
    assert.deepEqual([record.code, record.responseMessages], ['CANCELLED', 3]);
});

test('a list reply of 20 MB is sent whole, and is too much for a kubelet', async (t) => {
  const { socket, state } = await aRuntime(t);
  populate(state, 2_000, { clock: systemClock(), seed: 1, image, annotationBytes: 10_000 });
  const call = aClient(t, socket);
  const { record } = await call('ListPodSandbox');
  assert.equal(record.code, 'RESOURCE_EXHAUSTED');
  const filtered = await call('ListPodSandbox', { filter: { id: 'a' } });
  assert.equal(filtered.record.code, 'OK');
});

test('a client reads gzip replies', async (t) => {
  const { socket } = await aRuntime(t, { gzipReplies: true });
  const { record, response } = await aClient(t, socket)('Version');
  assert.deepEqual([record.code, response.runtime_name], ['OK', 'critrace-demo-runtime']);
});

test('faults end calls as asked, in the order of the calls', async (t) => {
  const ends = [
    { end: notInitialized },
    { end: { kind: 'reset', code: 8 } },
    { end: { kind: 'connection-lost' } },
    { end: failed(8, 'too much') },
    { delayMs: 60_000 },
    null,
  ] as const;
  const { socket } = await aRuntime(t, { fault: ({ ordinal }) => ends[ordinal] ?? null });
  const call = aClient(t, socket);
  const codes: string[] = [];
  for (let ordinal = 0; ordinal < ends.length; ordinal++) {
    const { record } = await call('Version', {}, { timeoutMs: ordinal === 4 ? 50 : 10_000 });
    codes.push(record.code);
    if (ordinal === 0) assert.equal(record.details, 'server is not initialized yet');
    // After the loss the client dials anew: the next call waits for that, as with a kubelet's backoff.
  }
  assert.deepEqual(codes, [
    'UNKNOWN',
    'CANCELLED',
    'UNAVAILABLE',
    'RESOURCE_EXHAUSTED',
    'DEADLINE_EXCEEDED',
    'OK',
  ]);
});

test('a restarted runtime finds the pods of the one before, in another version', async (t) => {
  const before = await aRuntime(t, { images: [image] });
  const { sandboxId } = await aContainer(aClient(t, before.socket), 'web-0');
  await before.close();
  const after = await aRuntime(t, { state: before.state, versions: ['v1alpha2'] });
  const call = aClient(t, after.socket, 'v1alpha2');
  assert.equal((await call('PodSandboxStatus', { pod_sandbox_id: sandboxId })).record.code, 'OK');
});

test('the number of pods and containers is bounded', async (t) => {
  const { socket } = await aRuntime(t, { images: [image], limits: { maxSandboxes: 1, maxContainers: 1 } });
  const call = aClient(t, socket);
  const { sandboxId } = await aContainer(call, 'web-0');
  assert.equal(
    (await call('RunPodSandbox', { config: podConfig('web-1') })).record.code,
    'RESOURCE_EXHAUSTED',
  );
  const second = await call('CreateContainer', { pod_sandbox_id: sandboxId, config: { image: { image } } });
  assert.equal(second.record.code, 'RESOURCE_EXHAUSTED');
});
