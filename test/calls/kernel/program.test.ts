import assert from 'node:assert/strict';
import test from 'node:test';
import { claimsOf, claimsOfCgroup, claimsOfFile } from '../../../src/calls/kernel/claims.ts';
import {
  isService,
  type Program,
  programNamed,
  programOf,
  programText,
} from '../../../src/calls/kernel/program.ts';
import type { CniEnvironment } from '../../../src/kernel/kernel-event.ts';

const id = 'ab'.repeat(32);
const other = 'cd'.repeat(32);
const uid = '0c3f6f7e-2b0a-4d5e-9d49-00000000abcd';

const cni: CniEnvironment = {
  command: 'ADD',
  containerId: id,
  interfaceName: 'eth0',
  podNamespace: 'default',
  podName: 'web-0',
  podUid: null,
  podInfraContainerId: id,
};
const bridge: Program = { kind: 'cni', command: 'ADD', plugin: 'bridge', folder: '/opt/cni/bin' };

const words = (argv: readonly string[], env: CniEnvironment | null = null, cgroup: string | null = null) => ({
  comm: argv[0]?.split('/').at(-1) ?? '',
  argv,
  cni: env,
  cgroup,
});

test('what a process is, by what it executed', () => {
  const rows: readonly [string, readonly string[], CniEnvironment | null, Program | null][] = [
    ['cni.ADD bridge', ['/opt/cni/bin/bridge'], cni, null],
    ['cni.ADD host-local', ['/opt/cni/bin/host-local'], cni, bridge],
    ['exec iptables', ['/usr/sbin/iptables', '-t', 'nat', '-S'], cni, bridge],
    ['exec sysctl', ['/sbin/sysctl'], cni, bridge],
    ['exec bridge', ['/opt/cni/bin/bridge'], null, null],
    [
      'containerd-shim start',
      ['/usr/bin/containerd-shim-runc-v2', '-namespace', 'k8s.io', '-id', id, 'start'],
      null,
      null,
    ],
    ['containerd-shim delete', ['containerd-shim-runc-v2', '-id', id, '-bundle', '/b', 'delete'], null, null],
    ['containerd-shim serve', ['containerd-shim-runc-v2', '-namespace', 'k8s.io', '-id', id], null, null],
    [
      'runc create',
      ['runc', '--root', '/r', '--log-format', 'json', 'create', '--bundle', '/b', id],
      null,
      null,
    ],
    ['runc', ['/usr/sbin/runc.amd64'], null, null],
    ['crun exec', ['/usr/bin/crun', '--systemd-cgroup', 'exec', '-d', id], null, null],
    ['conmon', ['/usr/libexec/crio/conmon', '-c', id], null, null],
    ['runtime', ['/usr/bin/containerd'], null, null],
    ['runtime', ['/usr/bin/containerd-2.4.2'], null, null],
    ['exec unpigz', ['unpigz', '-d', '-c'], null, null],
    ['exec runcible', ['runcible'], null, null],
  ];
  for (const [wanted, argv, env, within] of rows)
    assert.equal(programText(programOf(words(argv, env), within)), wanted);
});

test('what was there before is known by its name alone', () => {
  const rows = ['containerd-shim', 'containerd', 'crio', 'conmon', 'runc', 'runc:[2:INIT]', 'nginx'].map(
    (comm) => [programText(programNamed(comm)), isService(programNamed(comm))],
  );
  assert.deepEqual(rows, [
    ['containerd-shim serve', true],
    ['runtime', true],
    ['runtime', true],
    ['conmon', false],
    ['runc', false],
    ['runc', false],
    ['exec nginx', false],
  ]);
});

test('whom a process names: in arguments, in the environment of a plugin, in paths; digests are nobody', () => {
  const claims = (
    argv: readonly string[],
    env: CniEnvironment | null = null,
    cgroup: string | null = null,
  ) => {
    const said = words(argv, env, cgroup);
    return claimsOf(programOf(said, null), said);
  };
  assert.deepEqual(claims(['containerd-shim-runc-v2', '-id', 'sandbox-7', 'start']).ids, ['sandbox-7']);
  assert.deepEqual(claims(['conmon', '-c', 'container-7', '-n', 'name']).ids, ['container-7']);
  assert.deepEqual(claims(['runc', 'delete', '--force', 'container-7']).ids, ['container-7']);
  assert.deepEqual(claims(['runc', 'init']).ids, []);
  assert.deepEqual(claims(['runc', 'exec', '--pid-file', `/run/x/${id}/${other}.pid`, id]).ids, [id, other]);
  assert.deepEqual(claims(['mount', '-t', 'overlay', `/run/containerd/k8s.io/${id}/rootfs`]).ids, [id]);
  assert.deepEqual(claims(['unpigz', `/blobs/sha256/${id}`, `sha256:${other}`]).ids, []);
  assert.deepEqual(claims(['/opt/cni/bin/bridge'], cni), {
    ids: [id],
    pod: { namespace: 'default', name: 'web-0', uid: null },
  });
  const inPod = `/kubepods.slice/kubepods-besteffort-pod${uid.replaceAll('-', '_')}.slice`;
  assert.deepEqual(claims(['unpigz'], null, inPod).pod, { namespace: null, name: null, uid });
});

test('cgroups of containers, as kubelets and runtimes name them', () => {
  for (const path of [
    `/kubepods/burstable/pod${uid}/${id}`,
    `/kubepods.slice/kubepods-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope`,
    `/kubepods.slice/kubepods-pod${uid.replaceAll('-', '_')}.slice/crio-${id}.scope`,
    `/docker/${other}/kubelet/kubepods/pod${uid}/${id}`,
  ])
    assert.deepEqual(claimsOfCgroup(path), { ids: [id], pod: { namespace: null, name: null, uid } }, path);
  assert.deepEqual(claimsOfCgroup('/system.slice/containerd.service'), { ids: [], pod: null });
  assert.deepEqual(claimsOfCgroup(null), { ids: [], pod: null });
});

test('files of the runtime that are of one container', () => {
  assert.deepEqual(claimsOfFile(`containers/${id}/.tmp-status123`).ids, [id]);
  assert.deepEqual(claimsOfFile(`io.containerd.content.v1.content/ingest/${id}/data`).ids, []);
  assert.deepEqual(claimsOfFile('io.containerd.metadata.v1.bolt/meta.db').ids, []);
  assert.deepEqual(claimsOfFile(null).ids, []);
});
