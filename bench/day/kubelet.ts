import { createHash } from 'node:crypto';
import { type Message, methodCodecs } from '../../src/demo/codec.ts';
import { type Nanos, nanosPerMillisecond, nanosPerSecond } from '../../src/foundation/time.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { openConnection, type WireConnection } from './wire.ts';

export interface DayOptions {
  /** How long the day is. */
  readonly seconds: number;
  /** Pods that start in it; each lives for five minutes. */
  readonly pods: number;
}

interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly sandbox: string;
  readonly container: string;
  readonly stopsAt: number;
}

const endpoint = '/run/containerd/containerd.sock';
const began: Nanos = 1_800_000_000_000_000_000n;
const podSeconds = 300;
const image = 'registry.example/app:1';

/** The same ids in every run. */
const digits = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(parts.join('/')).digest('hex');

const podOf = (nth: number, stopsAt: number): Pod => ({
  name: `pod-${nth}`,
  uid: digits('pod', nth).slice(0, 32),
  sandbox: digits('sandbox', nth),
  container: digits('container', nth),
  stopsAt,
});

const metadataOf = ({ name, uid }: Pod): Message => ({ name, uid, namespace: 'default', attempt: 0 });
const labelsOf = ({ name, uid }: Pod): Message => ({
  'io.kubernetes.pod.name': name,
  'io.kubernetes.pod.namespace': 'default',
  'io.kubernetes.pod.uid': uid,
  'io.kubernetes.container.name': 'app',
});
const sandboxOf = (pod: Pod): Message => ({
  id: pod.sandbox,
  metadata: metadataOf(pod),
  state: 'SANDBOX_READY',
  labels: labelsOf(pod),
});
const containerOf = (pod: Pod): Message => ({
  id: pod.container,
  pod_sandbox_id: pod.sandbox,
  metadata: { name: 'app', attempt: 0 },
  image: { image },
  state: 'CONTAINER_RUNNING',
  labels: labelsOf(pod),
});
const selected = (pod: Pod): Message => ({
  filter: { label_selector: { 'io.kubernetes.pod.uid': pod.uid } },
});

/**
 * What a kubelet and a person with crictl say to a runtime in a day, byte by byte: the loops of an idle node, and pods
 * that start, are probed, stop and are removed. Every 50th fails to start at first.
 */
export function* dayOf({ seconds, pods }: DayOptions): Generator<readonly SourceEvent[]> {
  const codecs = methodCodecs('v1');
  const peer = (pid: number, comm: string) => ({ pid, pidStart: BigInt(pid), uid: 0, comm, cgroup: null });
  const server = peer(700, 'containerd');
  const kubelet = peer(800, 'kubelet');
  const runtime = openConnection(1, endpoint, kubelet, server, began);
  const images = openConnection(2, endpoint, kubelet, server, began);
  yield [...runtime.opening, ...images.opening];

  let now = began;
  let connections = 2;
  const alive = new Map<string, Pod>();
  let lists: { readonly sandboxes: Buffer; readonly containers: Buffer } | null = null;

  const codecOf = (name: string) => {
    const codec = codecs.get(name);
    if (codec === undefined) throw new RangeError(`no method ${name}`);
    return codec;
  };
  const on = (
    connection: WireConnection,
    name: string,
    request: Message,
    response: Message | Buffer,
    failure?: { readonly status: number; readonly message: string },
  ): readonly SourceEvent[] => {
    const { path, encodeRequest, encodeResponse } = codecOf(name);
    const start = now;
    now += nanosPerMillisecond;
    const body = Buffer.isBuffer(response) ? response : encodeResponse(response);
    const exchange = { path, request: encodeRequest(request), response: body };
    return connection.call(failure === undefined ? exchange : { ...exchange, failure }, start, now);
  };
  const call = (name: string, request: Message = {}, response: Message | Buffer = {}) =>
    on(runtime, name, request, response);
  const listed = () => {
    lists ??= {
      sandboxes: codecOf('ListPodSandbox').encodeResponse({ items: [...alive.values()].map(sandboxOf) }),
      containers: codecOf('ListContainers').encodeResponse({
        containers: [...alive.values()].map(containerOf),
      }),
    };
    return lists;
  };
  const sandboxes = (request: Message = {}) => call('ListPodSandbox', request, listed().sandboxes);
  const containers = (request: Message = { filter: {} }) =>
    call('ListContainers', request, listed().containers);
  const statusOfSandbox = (pod: Pod) =>
    call('PodSandboxStatus', { pod_sandbox_id: pod.sandbox }, { status: sandboxOf(pod) });
  const statusOfContainer = (pod: Pod) =>
    call(
      'ContainerStatus',
      { container_id: pod.container },
      { status: { ...containerOf(pod), image_ref: image } },
    );

  const changed: Pod[] = [];
  function* start(pod: Pod, nth: number): Generator<readonly SourceEvent[]> {
    const config = { metadata: metadataOf(pod), labels: labelsOf(pod) };
    yield call('RunPodSandbox', { config, runtime_handler: 'runc' }, { pod_sandbox_id: pod.sandbox });
    yield statusOfSandbox(pod);
    yield on(
      images,
      'ImageStatus',
      { image: { image } },
      { image: { id: digits('image'), repo_tags: [image] } },
    );
    const create = {
      pod_sandbox_id: pod.sandbox,
      config: { metadata: { name: 'app', attempt: 0 }, image: { image } },
      sandbox_config: config,
    };
    if (nth % 50 === 0)
      yield on(
        runtime,
        'CreateContainer',
        create,
        {},
        { status: 2, message: `failed to create container ${nth}` },
      );
    yield call('CreateContainer', create, { container_id: pod.container });
    yield call('StartContainer', { container_id: pod.container });
    alive.set(pod.uid, pod);
    lists = null;
    changed.push(pod);
  }
  function* stop(pod: Pod): Generator<readonly SourceEvent[]> {
    yield call('StopContainer', { container_id: pod.container, timeout: 30 });
    yield call('StopPodSandbox', { pod_sandbox_id: pod.sandbox });
    yield call('ListPodSandbox', selected(pod), { items: [sandboxOf(pod)] });
    yield call('ListContainers', selected(pod), { containers: [containerOf(pod)] });
    yield statusOfSandbox(pod);
    yield statusOfContainer(pod);
    alive.delete(pod.uid);
    lists = null;
    yield call('RemoveContainer', { container_id: pod.container });
    yield call('RemovePodSandbox', { pod_sandbox_id: pod.sandbox });
  }

  let started = 0;
  for (let second = 0; second < seconds; second++) {
    const due = began + BigInt(second) * nanosPerSecond;
    if (due > now) now = due;
    yield sandboxes();
    yield containers();
    for (const pod of changed.splice(0)) {
      yield statusOfSandbox(pod);
      yield statusOfContainer(pod);
    }
    now += 100n * nanosPerMillisecond;
    for (; started < ((second + 1) * pods) / seconds; started++)
      yield* start(podOf(started, second + podSeconds), started);
    for (const pod of alive.values()) if (pod.stopsAt <= second) yield* stop(pod);
    now += 300n * nanosPerMillisecond;
    if (second % 2 === 0) {
      yield sandboxes({ filter: { state: { state: 'SANDBOX_READY' } } });
      yield containers({ filter: { state: { state: 'CONTAINER_RUNNING' } } });
    }
    if (second % 5 === 0)
      yield call('Status', {}, { status: { conditions: [{ type: 'RuntimeReady', status: true }] } });
    if (second % 10 !== 0) continue;
    now += 300n * nanosPerMillisecond;
    yield call('Version', { version: '0.1.0' }, { runtime_name: 'containerd', runtime_version: 'v2.1.4' });
    yield containers();
    for (const pod of [...alive.values()]) yield statusOfContainer(pod);
    for (const pod of [...alive.values()])
      yield call('ExecSync', { container_id: pod.container, timeout: 1 });
    yield on(images, 'ImageFsInfo', {}, { image_filesystems: [{ used_bytes: { value: '1000' } }] });
    if (second % 60 !== 0) continue;
    // Each command of a person is a process and a connection of its own.
    connections += 1;
    const crictl = openConnection(connections, endpoint, peer(1000 + connections, 'crictl'), server, now);
    yield crictl.opening;
    yield on(crictl, 'Version', {}, { version: '0.1.0' });
    yield on(crictl, 'ListContainers', { filter: {} }, listed().containers);
    yield [crictl.close(now)];
  }
}
