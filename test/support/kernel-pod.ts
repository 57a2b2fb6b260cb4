import type { Call } from '../../src/calls/call.ts';
import type { KernelTask } from '../../src/kernel/kernel-event.ts';
import { aCall } from './a-call.ts';
import {
  called,
  containerd,
  type Execution,
  exec,
  exit,
  fork,
  program,
  type Step,
  sync,
  task,
  timedCall,
} from './kernel-play.ts';

export interface PodPlay {
  readonly steps: readonly Step[];
  readonly run: Call;
  readonly shim: KernelTask;
  readonly pids: {
    readonly bridge: number;
    readonly portmap: number;
    readonly shimStart: number;
    readonly create: number;
  };
  readonly sandboxId: string;
}

export interface PodPlan {
  /** Tells pods apart: in ids, names, pids and streams. */
  readonly nth: number;
  readonly from: number;
  /** 1: the times below; 2: everything takes twice as long. */
  readonly pace?: number;
  /** It fails after the plugins, and so no reply names the sandbox. */
  readonly fails?: boolean;
}

export const idOf = (nth: number, digit: string): string =>
  `${nth.toString(16).padStart(4, '0')}${digit.repeat(60)}`;

/** What containerd 1.6 does for RunPodSandbox: plugins, shim, runc create and start, as seen on a node. */
export const podPlay = ({ nth, from, pace = 1, fails = false }: PodPlan): PodPlay => {
  const sandboxId = idOf(nth, 'a');
  const name = `web-${nth}`;
  const uid = `0c3f6f7e-2b0a-4d5e-9d49-${nth.toString(16).padStart(12, '0')}`;
  const pid = (k: number): number => 10_000 + nth * 100 + k;
  const t = (ms: number): number => from + ms * pace;
  const base = aCall();
  const run = timedCall('RunPodSandbox', t(0), t(200), {
    connection: 3,
    stream: 2 * nth + 1,
    facts: {
      ...base.facts,
      pod: { namespace: 'default', name, uid, attempt: 0 },
      sandboxId: fails ? null : sandboxId,
    },
    result: {
      ...timedCall('RunPodSandbox', t(0), t(200)).result,
      ...(fails ? { status: 'UNKNOWN', statusCode: 2 } : {}),
    },
  });
  const cni = (interfaceName: string): Execution['cni'] => ({
    command: 'ADD',
    containerId: sandboxId,
    interfaceName,
    podNamespace: 'default',
    podName: name,
    podUid: uid,
    podInfraContainerId: sandboxId,
  });
  const plugin = (
    k: number,
    named: string,
    a: number,
    b: number,
    ifName: string,
    parent = containerd,
    code = 0,
  ) =>
    program(
      t(a),
      t(b),
      task(pid(k), named, t(a)),
      parent,
      { argv: [`/usr/lib/cni/${named}`], cni: cni(ifName) },
      code,
    );

  const bridge = task(pid(1), 'bridge', t(12));
  const portmap = task(pid(3), 'portmap', t(100));
  const iptables = task(pid(4), 'iptables', t(104));
  const shimStart = task(pid(5), 'containerd-shim', t(120));
  const shim = task(pid(6), 'containerd-shim', t(126));
  const create = task(pid(7), 'runc', t(142));
  const init = task(pid(8), 'runc', t(150));
  const child = task(pid(9), 'runc:[1:CHILD]', t(153));
  const pause = task(pid(10), 'runc:[1:CHILD]', t(155));
  const start = task(pid(11), 'runc', t(178));
  const bundle = `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${sandboxId}`;
  const runc = (command: string, ...more: string[]): Execution => ({
    argv: [
      'runc',
      '--root',
      '/run/containerd/runc/k8s.io',
      '--log-format',
      'json',
      command,
      ...more,
      sandboxId,
    ],
  });
  const shimWords = ['containerd-shim-runc-v2', '-namespace', 'k8s.io', '-id', sandboxId];

  const networked = [
    ...called(run),
    ...plugin(0, 'loopback', 10, 14, 'lo'),
    ...plugin(1, 'bridge', 12, 98, 'eth0'),
    ...plugin(2, 'host-local', 60, 70, 'eth0', bridge),
    ...plugin(3, 'portmap', 100, 118, 'eth0', containerd, fails ? 1 : 0),
    ...program(t(104), t(110), iptables, portmap, {
      argv: ['/usr/sbin/iptables', '-t', 'nat', '--wait', '-C', 'CNI-HOSTPORT-DNAT'],
      cni: cni('eth0'),
    }),
  ];
  const started = [
    sync(t(4), t(8), containerd, 'io.containerd.metadata.v1.bolt/meta.db'),
    ...program(t(120), t(140), shimStart, containerd, { argv: [...shimWords, 'start'] }),
    fork(t(126), { ...shim, comm: 'containerd-shim' }, shimStart),
    exec(t(126.3), shim, shimStart, { argv: shimWords }),
    ...program(
      t(142),
      t(176),
      create,
      shim,
      runc('create', '--bundle', bundle, '--pid-file', `${bundle}/init.pid`),
    ),
    ...program(t(150), t(160), init, create, { argv: ['runc', 'init'] }),
    fork(t(153), { ...child, comm: 'runc:[0:PARENT]' }, { ...init, comm: 'runc:[0:PARENT]' }),
    fork(t(155), pause, child),
    exit(t(157), child),
    ...program(t(178), t(196), start, shim, runc('start')),
    exec(t(192), { ...pause, comm: 'pause' }, null, {
      argv: ['/pause'],
      cgroup: `/kubepods/besteffort/pod${uid}/${sandboxId}`,
    }),
  ];
  return {
    steps: fails ? networked : [...networked, ...started],
    run,
    shim,
    sandboxId,
    pids: { bridge: pid(1), portmap: pid(3), shimStart: pid(5), create: pid(7) },
  };
};
