import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Agent, startAgent } from '../../src/agent.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { type CallEnd, failed } from '../../src/demo/grpc-server.ts';
import type { Clock } from '../../src/foundation/clock.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { systemTimers } from '../../src/foundation/timers.ts';
import type { KernelEvent, KernelTask } from '../../src/kernel/kernel-event.ts';
import { type LiveSource, openLiveSource } from '../../src/live-source.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { aClient, aRuntime, type Call } from './a-runtime.ts';
import { temporaryFolder } from './folder.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';

const second = 1_000_000_000n;
const unknown = 2;
const invalidArgument = 3;
const notFound = 5;
const unavailable = 14;
const resourceExhausted = 8;

export interface TroubledNode {
  readonly agent: Agent;
  /** One round of all that can go wrong on a node; the kernel's part of it is told, as no test may break the machine. */
  trouble(round: number): Promise<void>;
  /** A call that does not come back before the test ends. */
  hang(): void;
}

/** A clock that can be put forward: some findings take minutes. */
const leapingClock = (): Clock & { leap(by: bigint): void } => {
  const clock = systemClock();
  let ahead = 0n;
  return {
    now: () => clock.now() + ahead,
    monotonic: clock.monotonic,
    leap(by) {
      ahead += by;
    },
  };
};

const pod = (name: string) => ({ name, namespace: 'default', uid: `uid-${name}`, attempt: 0 });

const task = (pid: number, comm: string): KernelTask => ({ pid, start: BigInt(pid), comm });

const kernelEvents = (
  sandbox: string,
  round: number,
  at: bigint,
): readonly (readonly [KernelEvent, bigint])[] => {
  const plugin = task(10_000 + round, 'bridge');
  const cni = {
    command: 'ADD',
    containerId: sandbox,
    interfaceName: 'eth0',
    podNamespace: 'default',
    podName: 'web',
    podUid: 'u',
    podInfraContainerId: sandbox,
  };
  const exec = {
    process: plugin,
    parent: null,
    argv: ['/opt/cni/bin/bridge'],
    argvCut: false,
    cgroup: null,
    cni,
  };
  return [
    [{ kind: 'exec', ...exec }, at],
    [
      {
        kind: 'exit',
        process: plugin,
        code: round % 2,
        signal: null,
        userNs: 0n,
        systemNs: 0n,
        peakRssBytes: null,
      },
      at + second / 4n,
    ],
    [
      {
        kind: 'file_sync',
        process: task(1, 'containerd'),
        operation: 'fdatasync',
        file: 'bolt/meta.db',
        start: at,
      },
      at + 2n * second,
    ],
    [
      {
        kind: 'block_io',
        process: null,
        device: 'vda',
        operation: 'write',
        requests: 3,
        bytes: 65_536n,
        durationNs: second / 10n,
      },
      at,
    ],
    [{ kind: 'cgroup', action: 'freeze', path: `/kubepods/${round}`, process: null }, at],
    [{ kind: 'oom_kill', process: task(2, 'runc:[2:INIT]'), cgroup: null }, at],
    [{ kind: 'lost', records: 2 }, at],
  ];
};

/** A connection that lost bytes, and a caller that found no runtime, as a source tells them. */
const losses = (connection: number, endpoint: string, at: bigint): readonly SourceEvent[] => {
  const seen = { at, sentAt: null };
  const peer = { pid: 7, pidStart: 7n, uid: 0, comm: 'crictl', cgroup: null };
  return [
    { kind: 'open', connection, seen, endpoint, client: peer, server: peer, joined: false },
    { kind: 'gap', connection, seen, direction: 'request', length: 4711 },
    { kind: 'close', connection, seen },
    { kind: 'refused', connection: connection + 1, seen, endpoint, client: peer },
  ];
};

interface Wrapped {
  readonly source: LiveSource;
  tell(events: readonly SourceEvent[]): void;
}

/** The source, whose callers pass for a kubelet, with events of the test's own among its. */
const wrapped = (source: LiveSource): Wrapped => {
  const extra: SourceEvent[] = [];
  async function* events(): AsyncGenerator<readonly SourceEvent[]> {
    for await (const batch of source.events())
      yield [
        ...extra.splice(0),
        ...batch.map((event) =>
          event.kind === 'open' ? { ...event, client: { ...event.client, comm: 'kubelet' } } : event,
        ),
      ];
  }
  return { source: { ...source, events }, tell: (told) => void extra.push(...told) };
};

const startPod = async (call: Call, name: string): Promise<string> => {
  const config = { metadata: pod(name) };
  const sandbox = await call('RunPodSandbox', { config });
  const id = String(sandbox.response.pod_sandbox_id);
  const container = (attempt: number) => ({
    pod_sandbox_id: id,
    config: { metadata: { name: 'web', attempt }, image: { image: 'app:1' } },
    sandbox_config: config,
  });
  await call('PullImage', { image: { image: 'app:1' }, sandbox_config: config }, { timeoutMs: null });
  const first = await call('CreateContainer', container(0));
  await call('StartContainer', { container_id: first.response.container_id });
  const again = await call('CreateContainer', container(1));
  await call('StartContainer', { container_id: again.response.container_id });
  return id;
};

/** A simulated runtime that is slow, refuses and forgets, watched by a real agent whose collector refuses spans. */
export const aTroubledNode = async (t: TestContext): Promise<TroubledNode> => {
  const clock = leapingClock();
  const receiver = await startOtlpReceiver();
  t.after(() => receiver.close());
  receiver.answer = { kind: 'error', code: invalidArgument };
  let slow: Readonly<Record<string, number>> = {};
  let refusals: Readonly<Record<string, CallEnd>> = {};
  const runtime = await aRuntime(t, {
    images: ['app:1'],
    without: ['StreamContainers'],
    fault: ({ method }) => {
      const end = refusals[method];
      if (end !== undefined) return { end };
      const delayMs = slow[method];
      return delayMs === undefined ? null : { delayMs };
    },
  });
  const older = await aRuntime(t, { versions: [] });
  const folder = await temporaryFolder(t);
  const [listen, imageListen] = [join(folder, 'cri.sock'), join(folder, 'image.sock')];
  const flags = {
    'otlp-endpoint': `http://127.0.0.1:${receiver.port}`,
    'otlp-delay': '0',
    'spool-dir': join(folder, 'spool'),
    'store-dir': join(folder, 'store'),
    'metrics-port': '0',
    'stop-timeout': '0',
    sampling: 'all',
  };
  let tell: Wrapped['tell'] = () => undefined;
  const agent = await startAgent({
    config: resolveConfig({ flags, env: {}, file: null }).config,
    environment: {},
    version: '0.0.0',
    clock,
    timers: systemTimers(clock),
    log: () => undefined,
    openSource: async (identity, readiness) => {
      const source = await openLiveSource({
        identity,
        mode: 'proxy',
        runtime: runtime.socket,
        listen,
        image: { endpoint: older.socket, listen: imageListen },
        others: [],
        kernelEvents: [],
        ringBytes: 8 * 1024 * 1024,
        clock,
        timers: systemTimers(clock),
        log: () => undefined,
        readiness,
      });
      const both = wrapped(source);
      tell = both.tell;
      return both.source;
    },
  });
  t.after(() => agent.stop());
  const call = aClient(t, listen);
  const old = aClient(t, listen, 'v1alpha2');
  const lost = [aClient(t, imageListen), aClient(t, imageListen, 'v1alpha2')] as const;

  const relist = async (): Promise<void> => {
    await call('ListPodSandbox');
    await call('ListContainers');
  };

  return {
    agent,
    hang() {
      slow = { Status: 600_000 };
      void call('Status', {}, { timeoutMs: 600_000 });
    },
    async trouble(round) {
      await call('Version');
      for (const one of [old, ...lost]) await one('Version');
      await call('StreamContainers');
      await relist();
      const sandbox = await startPod(call, `web-${round}`);
      tell(
        kernelEvents(sandbox, round, clock.now()).map(([event, at]) => ({
          kind: 'kernel',
          event,
          seen: { at, sentAt: null },
        })),
      );
      tell(losses(1_000_000 + 2 * round, runtime.socket, clock.now()));
      refusals = {
        ImageFsInfo: failed(unavailable, 'content store is away'),
        PullImage: failed(notFound, 'no such image'),
        ListPodSandboxStats: failed(
          resourceExhausted,
          'grpc: trying to send message larger than max (20971520 vs. 16777216)',
        ),
      };
      await call('ImageFsInfo');
      await call('PullImage', { image: { image: 'app:2' } });
      await call('ListPodSandboxStats');

      // Given up at its deadline, tried again, and its name still taken.
      slow = { RunPodSandbox: 400 };
      const config = { metadata: pod(`late-${round}`) };
      await call('RunPodSandbox', { config }, { timeoutMs: 200 });
      slow = {};
      refusals = {
        RunPodSandbox: failed(unknown, 'failed to reserve sandbox name "x": name "x" is reserved for "y"'),
      };
      await call('RunPodSandbox', { config });
      refusals = {};

      // One call, and three others that it seems to hold up.
      slow = {
        ImageStatus: 2_600,
        ContainerStatus: 2_000,
        PodSandboxStatus: 2_000,
        ListContainerStats: 2_000,
      };
      const leader = call('ImageStatus', { image: { image: 'app:1' } });
      await new Promise((resolve) => setTimeout(resolve, 650));
      await Promise.all([
        leader,
        call('ContainerStatus', { container_id: 'none' }),
        call('PodSandboxStatus', { pod_sandbox_id: sandbox }),
        call('ListContainerStats'),
      ]);

      // In flight while minutes pass.
      slow = { StopContainer: 1_500 };
      const containers = await call('ListContainers', { filter: { pod_sandbox_id: sandbox } });
      const [first] = Array.isArray(containers.response.containers) ? containers.response.containers : [];
      const stuck = call('StopContainer', { container_id: first?.id ?? 'none', timeout: 0 });
      await new Promise((resolve) => setTimeout(resolve, 100));
      clock.leap(200n * second);
      await relist();
      await stuck;
      slow = {};
      await call('StopPodSandbox', { pod_sandbox_id: sandbox });
    },
  };
};
