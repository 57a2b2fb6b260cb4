import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/calls/finding.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { detectContainerd } from '../../src/demo/containerd.ts';
import type { KernelEvent } from '../../src/kernel/kernel-event.ts';
import type { KernelPart } from '../../src/kernel/program.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { watchFamily } from '../source/tap/family-stage.ts';
import { aPod, aStage, callerOf } from '../support/containerd-pods.ts';
import { until } from '../support/until.ts';

type Of<K extends KernelEvent['kind']> = Extract<KernelEvent, { kind: K }>;

const available = await detectContainerd();

test('kernel events of pods need a real containerd', () => {
  assert.equal(available.kind, 'available', available.kind === 'available' ? '' : available.message);
});

test('the kernel’s part of a pod’s life on containerd', async (t) => {
  const stage = await aStage(t, available);
  const { call, sandbox, container } = callerOf(t, stage);
  const earlier = await sandbox(aPod('earlier'));

  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  const findings: Finding[] = [];
  const parts: KernelPart[] = ['process', 'disk', 'cgroup', 'oom', 'signal', 'tcp'];
  const family = watchFamily(t, stage.socket, parts, {}, {}, (event) =>
    findings.push(...pipeline.push(event)),
  );
  const execs = (): Of<'exec'>[] => family.of('exec');
  const argvOf = ({ argv }: Of<'exec'>): string => argv.join(' ');
  const exitOf = (exec: Of<'exec'> | undefined): Of<'exit'> | undefined =>
    family
      .of('exit')
      .find(({ process }) => process.pid === exec?.process.pid && process.start === exec.process.start);

  const plan = aPod('web');
  const id = await sandbox(plan);
  const web = await container(plan, id, [], { cpu_period: '100000', cpu_shares: '2' });
  await call('ExecSync', { container_id: web, cmd: ['/workload', 'say', 'hello'], timeout: 10 });
  const hungry = await container(plan, id, ['fill', '64'], { memory_limit_in_bytes: String(16 << 20) });
  await until(() => family.of('oom_kill').length > 0, 'the kill');
  await call('StopContainer', { container_id: web, timeout: 5 });
  for (const one of [web, hungry]) await call('RemoveContainer', { container_id: one });
  await call('StopPodSandbox', { pod_sandbox_id: id });
  await call('RemovePodSandbox', { pod_sandbox_id: id });
  await call('StopPodSandbox', { pod_sandbox_id: earlier });
  await call('RemovePodSandbox', { pod_sandbox_id: earlier });
  const runcOf = (command: string, of: string): Of<'exec'> | undefined =>
    execs().find(
      ({ argv }) => argv[0]?.endsWith('runc') === true && argv.includes(command) && argv.includes(of),
    );
  await until(() => exitOf(runcOf('delete', earlier)) !== undefined, 'the end of the earlier pod');
  assert.equal(family.tap.counters.lostKernelEvents, 0);
  assert.equal(family.tap.counters.strayRecords, 0);

  await t.test('the shim, its start, and each stage of runc', () => {
    const shims = execs().filter(
      ({ argv }) => argv[0]?.endsWith('containerd-shim-runc-v2') === true && argv.includes(id),
    );
    const [start, serving] = shims;
    assert.match(start === undefined ? '' : argvOf(start), / start$/);
    assert.equal(start?.parent?.comm, 'containerd');
    assert.equal(exitOf(start)?.code, 0);
    assert.equal(serving?.parent?.pid, start?.process.pid);
    for (const [of, commands] of [
      [id, ['create', 'start', 'kill', 'delete']],
      [web, ['create', 'start', 'exec', 'kill', 'delete']],
    ] as const)
      for (const command of commands) {
        const exec = runcOf(command, of);
        assert.ok(exec !== undefined, `runc ${command} ${of}`);
        assert.equal(exec.parent?.comm, 'containerd-shim');
        assert.ok(exitOf(exec) !== undefined, `the end of runc ${command}`);
      }
    assert.equal(exitOf(runcOf('create', web))?.code, 0);
    const { userNs = 0n, systemNs = 0n } = exitOf(runcOf('create', web)) ?? {};
    assert.ok(userNs + systemNs > 0n);
  });

  await t.test('of a pod that was there before, by the shim that was there before', () => {
    const shim = runcOf('delete', earlier)?.parent;
    assert.equal(shim?.comm, 'containerd-shim');
    assert.ok(!execs().some(({ process }) => process.pid === shim?.pid && process.start === shim.start));
  });

  await t.test('what the container runs, in its cgroup', () => {
    const first = execs().find(
      ({ argv, cgroup }) => argv[0] === '/workload' && cgroup?.endsWith(`/${web}`) === true,
    );
    assert.ok(first !== undefined);
    assert.match(first.cgroup ?? '', new RegExp(`/kubepods/besteffort/pod${plan.uid}/${web}$`));
    assert.equal(first.cni, null);
    const probe = execs().find((exec) => argvOf(exec) === '/workload say hello');
    assert.equal(exitOf(probe)?.code, 0);
  });

  await t.test('each CNI plugin, with its pod', () => {
    const plugins = execs().filter(({ cni }) => cni?.containerId === id);
    const called = plugins.map(
      ({ cni, argv }) => `${cni?.command} ${argv[0]?.split('/').at(-1)} ${cni?.interfaceName}`,
    );
    for (const expected of [
      'ADD loopback lo',
      'ADD bridge eth0',
      'ADD host-local eth0',
      'ADD portmap eth0',
      'DEL bridge eth0',
    ])
      assert.ok(called.includes(expected), `${expected} is not among ${called.join(', ')}`);
    for (const plugin of plugins) {
      assert.equal(plugin.cni?.podName, 'web');
      assert.equal(plugin.cni.podNamespace, 'shop');
      assert.equal(plugin.cni.podInfraContainerId, id);
      assert.equal(exitOf(plugin)?.code, 0);
    }
  });

  await t.test('syncs with their files, and what the disk did for the runtime', () => {
    const files = family.of('file_sync').map(({ file, process }) => `${process.comm} ${file}`);
    assert.ok(files.some((file) => /^containerd .*meta\.db$/.test(file)));
    assert.ok(files.some((file) => file.startsWith('runc ') && file.includes(web)));
    assert.ok(family.of('block_io').some(({ process }) => process?.comm === 'containerd'));
  });

  await t.test('cgroups from beginning to end', () => {
    const actions = family
      .of('cgroup')
      .flatMap((event) => (event.path.endsWith(`/${web}`) ? [event.action] : []));
    assert.equal(actions[0], 'create');
    assert.equal(actions.at(-1), 'remove');
    assert.ok(actions.includes('attach'));
  });

  await t.test('the kill for want of memory, in its cgroup, and who else was ended by whom', () => {
    const kill = family.of('oom_kill')[0];
    assert.match(kill?.cgroup ?? '', new RegExp(`/${hungry}$`));
    assert.equal(exitOf(execs().findLast(({ process }) => process.pid === kill?.process.pid))?.signal, 9);
    const told = findings.flatMap((finding) => (finding.kind === 'casualty' ? [finding.casualty] : []));
    assert.deepEqual(
      told.map((one) => [one.kind, one.containerId, one.containerName, one.pod?.namespace, one.pod?.name]),
      family.of('oom_kill').map(() => ['oom_kill', hungry, 'web-2', 'shop', 'web']),
    );
    const stop = family.of('signal').find(({ signal }) => signal === 15);
    assert.equal(stop?.sender?.comm, 'runc');
    assert.ok(runcOf('kill', web)?.process.pid === stop?.sender?.pid);
  });
});
