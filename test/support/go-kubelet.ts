import type { ApiVersion } from '../../src/cri/proto.ts';
import { type Message, methodCodecs } from '../../src/demo/codec.ts';
import type { GrpcGoClient } from './grpc-go-client.ts';

/** What a kubelet of a release does on the wire, as far as it differs from others. */
export interface KubeletRelease {
  readonly minor: number;
  readonly version: ApiVersion;
  /** Asks for lists by streams; where the runtime refuses them, without, from then on. */
  readonly streams?: true;
  readonly events?: true;
}

export interface GoKubelet {
  start(): Promise<void>;
  /** `inits`: containers that run and end before the others. */
  startPod(name: string, inits?: number): Promise<void>;
  /** What is due in this second. */
  second(second: number): Promise<void>;
  /** The container of a pod does not do: it is stopped, a new one is made, and the old one goes. */
  restart(name: string): Promise<void>;
  /** It has ended by itself: a new one, and the old one stays until it is collected. */
  crash(name: string): Promise<void>;
  rotateLog(name: string): Promise<void>;
  /** Containers that ended go. */
  collect(): Promise<void>;
  stopPod(name: string): Promise<void>;
}

interface Pod {
  readonly uid: string;
  readonly sandbox: string;
  container: string;
  attempt: number;
}

const image = 'registry.k8s.io/app:1';
const streamed: Readonly<Record<string, string>> = {
  ListPodSandbox: 'StreamPodSandboxes',
  ListContainers: 'StreamContainers',
  ListContainerStats: 'StreamContainerStats',
  ListImages: 'StreamImages',
};
const imageMethods = new Set(['ImageFsInfo', 'ListImages', 'StreamImages', 'ImageStatus', 'PullImage']);

const deadline = (rpc: string, minor: number): string | null => {
  if (rpc === 'RunPodSandbox') return '240000m';
  if (rpc === 'StopContainer') return '150000m';
  if (rpc === 'ExecSync') return '121000m';
  if (rpc === 'GetContainerEvents' || (rpc === 'ImageFsInfo' && minor < 32)) return null;
  return rpc === 'ListContainerStats' && minor < 29 ? null : '120000m';
};

export const goKubelet = (
  { minor, version, streams, events }: KubeletRelease,
  runtime: GrpcGoClient,
  images: GrpcGoClient,
  /** Ends a container as if by itself. */
  end: (container: string) => void = () => undefined,
): GoKubelet => {
  const codecs = { v1: methodCodecs('v1'), v1alpha2: methodCodecs('v1alpha2') };
  const pods = new Map<string, Pod>();
  const dead: string[] = [];
  let asks: ApiVersion = version;
  let streamsLists = streams === true;
  let isFirst = true;

  const call = async (rpc: string, request: Message = {}, raw?: Buffer): Promise<Message | null> => {
    const codec = codecs[asks].get(rpc);
    if (codec === undefined) throw new RangeError(`no method ${rpc} in ${asks}`);
    const client = imageMethods.has(rpc) ? images : runtime;
    const timeout = isFirst ? '119989m' : deadline(rpc, minor);
    isFirst = false;
    const body = raw ?? codec.encodeRequest(request);
    const { messages } = await client.call(codec.path, body, timeout, rpc === 'GetContainerEvents');
    const [message] = messages;
    return message === undefined ? null : codec.decodeResponse(message);
  };

  const list = async (rpc: string, filter: Message | null): Promise<void> => {
    const request = filter === null ? {} : { filter };
    // An empty filter is written, but for sandboxes by releases up to 1.35.
    const raw =
      filter === null && (rpc === 'ListContainers' || minor >= 36) ? Buffer.from([0x0a, 0]) : undefined;
    const unfiltered = rpc === 'ListImages' ? undefined : raw;
    if (streamsLists) {
      const found = await call(streamed[rpc] ?? rpc, request, unfiltered);
      if (found !== null || rpc !== 'ListPodSandbox' || pods.size === 0) return;
      // Nothing came of sandboxes that are there: the runtime refused.
      streamsLists = false;
    }
    await call(rpc, request, unfiltered);
  };

  const idIn = (reply: Message | null, field: string): string => {
    const id = reply?.[field];
    if (typeof id !== 'string') throw new TypeError(`no ${field} came`);
    return id;
  };

  const podOf = (name: string): Pod => {
    const pod = pods.get(name);
    if (pod === undefined) throw new RangeError(`no pod ${name}`);
    return pod;
  };

  const sandboxConfig = (name: string, uid: string): Message => ({
    metadata: { name, namespace: 'default', uid },
    labels: { 'io.kubernetes.pod.name': name, 'io.kubernetes.pod.uid': uid },
  });

  const makeContainer = async (
    name: string,
    sandbox: string,
    uid: string,
    attempt: number,
    container = 'app',
  ): Promise<string> => {
    const made = await call('CreateContainer', {
      pod_sandbox_id: sandbox,
      config: {
        metadata: { name: container, attempt },
        image: { image },
        labels: {
          'io.kubernetes.container.name': container,
          'io.kubernetes.pod.name': name,
          'io.kubernetes.pod.namespace': 'default',
          'io.kubernetes.pod.uid': uid,
        },
      },
      sandbox_config: sandboxConfig(name, uid),
    });
    const id = idIn(made, 'container_id');
    await call('StartContainer', { container_id: id });
    return id;
  };

  const changed = async (uid: string): Promise<void> => {
    await list('ListPodSandbox', { label_selector: { 'io.kubernetes.pod.uid': uid } });
    await list('ListContainers', { label_selector: { 'io.kubernetes.pod.uid': uid } });
  };

  const relist = async (): Promise<void> => {
    await list('ListPodSandbox', null);
    await list('ListContainers', null);
  };

  return {
    async start() {
      if (minor >= 23) {
        asks = 'v1';
        const answered = await call('Version');
        if (answered === null) asks = version;
        await call('ImageFsInfo');
      }
      if (minor >= 28) for (let time = 0; time < 3; time++) await call('RuntimeConfig');
      await call('Version', { version: '0.1.0' });
      await call('Status');
      await list('ListContainers', null);
      if (events) await call('GetContainerEvents');
      await relist();
      await list('ListImages', null);
    },
    async startPod(name, inits = 0) {
      const uid = `uid-of-${name}`;
      const made = await call('RunPodSandbox', { config: sandboxConfig(name, uid) });
      const sandbox = idIn(made, 'pod_sandbox_id');
      await call('PodSandboxStatus', { pod_sandbox_id: sandbox });
      await call('ImageStatus', { image: { image } });
      for (let init = 0; init < inits; init++) {
        const first = await makeContainer(name, sandbox, uid, 0, `init-${init}`);
        end(first);
        dead.push(first);
        await relist();
        await changed(uid);
        await call('ContainerStatus', { container_id: first });
      }
      const container = await makeContainer(name, sandbox, uid, 0);
      pods.set(name, { uid, sandbox, container, attempt: 0 });
      await relist();
      await changed(uid);
      await call('PodSandboxStatus', { pod_sandbox_id: sandbox });
      await call('ContainerStatus', { container_id: container });
    },
    async second(second) {
      await relist();
      if (second % 2 === 0) {
        await list('ListPodSandbox', { state: { state: 'SANDBOX_READY' } });
        await list('ListContainers', { state: { state: 'CONTAINER_RUNNING' } });
      }
      if (second % 5 === 0) await call('Status');
      if (second % 10 !== 0) return;
      await call('Version', { version: '0.1.0' });
      await list('ListContainers', null);
      await list('ListPodSandbox', null);
      await list('ListContainerStats', {});
      await call('ImageFsInfo');
      for (const { container } of pods.values()) {
        await call('ContainerStatus', { container_id: container });
        await call('ExecSync', { container_id: container, cmd: ['/probe', 'say', 'well'], timeout: 1 });
      }
      if (second % 30 === 0) await list('ListImages', null);
    },
    async restart(name) {
      const pod = podOf(name);
      const before = pod.container;
      await call('StopContainer', { container_id: before, timeout: 30 });
      await relist();
      await changed(pod.uid);
      await call('ContainerStatus', { container_id: before });
      pod.attempt += 1;
      pod.container = await makeContainer(name, pod.sandbox, pod.uid, pod.attempt);
      await relist();
      await call('ContainerStatus', { container_id: before });
      await call('RemoveContainer', { container_id: before });
      await relist();
    },
    async crash(name) {
      const pod = podOf(name);
      end(pod.container);
      dead.push(pod.container);
      await relist();
      await changed(pod.uid);
      await call('ContainerStatus', { container_id: pod.container });
      pod.attempt += 1;
      pod.container = await makeContainer(name, pod.sandbox, pod.uid, pod.attempt);
    },
    async rotateLog(name) {
      await call('ReopenContainerLog', { container_id: podOf(name).container });
    },
    async collect() {
      await relist();
      for (const container of dead.splice(0)) {
        await call('ContainerStatus', { container_id: container });
        await call('RemoveContainer', { container_id: container });
      }
    },
    async stopPod(name) {
      const { container, sandbox, uid } = podOf(name);
      await call('StopContainer', { container_id: container, timeout: 30 });
      await call('StopPodSandbox', { pod_sandbox_id: sandbox });
      await relist();
      await changed(uid);
      await call('RemoveContainer', { container_id: container });
      await relist();
      await call('StopPodSandbox', { pod_sandbox_id: sandbox });
      await call('RemovePodSandbox', { pod_sandbox_id: sandbox });
      await relist();
      pods.delete(name);
    },
  };
};
