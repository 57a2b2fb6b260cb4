import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { machineName, readHostFacts, replayHostFacts } from '../../src/spans/host.ts';
import { createSpanCounters, defaultSpanLimits } from '../../src/spans/limits.ts';
import { createResourceBook } from '../../src/spans/resources.ts';
import { aCall } from '../support/a-call.ts';
import { withDirectory } from '../support/a-spool.ts';

const base = aCall();
const host = {
  hostId: 'h',
  hostName: 'node-7',
  nodeName: 'node-7',
  extra: { 'k8s.cluster.name': 'c', 'host.id': 'x' },
};

const book = (processes = 1024) => {
  const counters = createSpanCounters();
  return {
    counters,
    book: createResourceBook(() => host, '0.1.0', { ...defaultSpanLimits, processes }, counters),
  };
};

const caller = (comm: string | null, pid: number | null = 1) =>
  aCall({ caller: { ...base.caller, comm, pid } });
const server = (comm: string | null, values = {}, pid: number | null = 7) =>
  aCall({ server: { comm, pid, pidStart: 3n }, facts: { ...base.facts, values } });

test('services of callers', () => {
  for (const [comm, service] of [
    ['kubelet', 'kubelet'],
    ['kubelet-1.37.2', 'kubelet'],
    ['crictl', 'crictl'],
    [null, 'unknown_cri_client'],
  ] as const)
    assert.equal(book().book.callerOf(caller(comm))['service.name'], service);
});

test('services of runtimes: as the runtime calls itself, else by its process', () => {
  for (const [comm, values, service] of [
    ['containerd', {}, 'containerd'],
    ['crio', {}, 'cri-o'],
    [null, {}, 'container-runtime'],
    ['relay', { 'runtime.name': 'containerd', 'runtime.version': 'v2.1.4' }, 'containerd'],
    ['crio', { 'runtime.name': 'a name\nof a liar' }, 'cri-o'],
  ] as const)
    assert.equal(book().book.runtimeOf(server(comm, values))['service.name'], service);
});

test('what a runtime said once holds for its later calls, and not for another process', () => {
  const { book: kept } = book();
  const before = kept.runtimeOf(server('relay'));
  assert.equal(before['service.name'], 'relay');
  kept.runtimeOf(server('relay', { 'runtime.name': 'containerd', 'runtime.version': 'v2.1.4' }));
  const after = kept.runtimeOf(server('relay'));
  assert.equal(after['service.name'], 'containerd');
  assert.equal(after['container.runtime.version'], 'v2.1.4');
  assert.equal(after['service.instance.id'], before['service.instance.id']);
  assert.equal(kept.runtimeOf(server('relay', {}, 8))['service.name'], 'relay');
});

test('one shared object per process, all with the host of the node, extras under them', () => {
  const { book: kept } = book();
  const first = kept.callerOf(caller('kubelet'));
  assert.equal(kept.callerOf(caller('kubelet')), first);
  assert.notEqual(kept.callerOf(caller('kubelet', 2)), first);
  for (const resource of [first, kept.runtimeOf(base)]) {
    assert.equal(resource['host.id'], 'h');
    assert.equal(resource['host.name'], 'node-7');
    assert.equal(resource['k8s.node.name'], 'node-7');
    assert.equal(resource['k8s.cluster.name'], 'c');
    assert.equal(resource['telemetry.distro.name'], 'critrace');
  }
});

test('the book is bounded: the process not used for longest goes, and comes back equal', () => {
  const { book: kept, counters } = book(2);
  const first = kept.callerOf(caller('a', 1));
  kept.callerOf(caller('b', 2));
  assert.equal(kept.callerOf(caller('a', 1)), first);
  kept.callerOf(caller('c', 3));
  assert.equal(counters.resourcesEvicted, 1);
  assert.equal(kept.callerOf(caller('a', 1)), first);
  kept.callerOf(caller('b', 2));
  kept.callerOf(caller('c', 3));
  const again = kept.callerOf(caller('a', 1));
  assert.notEqual(again, first);
  assert.deepEqual(again, first);
});

test('the host: its machine id, or its name where it has none', () =>
  withDirectory(async (directory) => {
    const path = join(directory, 'machine-id');
    writeFileSync(path, '4D3C1B2A4d3c1b2a4d3c1b2a4d3c1b2a\n');
    const places = { hostName: () => 'node-7', environment: { NODE_NAME: 'n' } };
    const read = (machineIdPaths: string[]) => readHostFacts({ ...places, machineIdPaths });
    assert.deepEqual(read([join(directory, 'nowhere'), path]), {
      hostId: '4d3c1b2a4d3c1b2a4d3c1b2a4d3c1b2a',
      hostName: 'node-7',
      nodeName: 'n',
      extra: {},
    });
    writeFileSync(path, '../../etc/passwd');
    const nameless = read([path]).hostId;
    assert.match(nameless, /^[0-9a-f-]{36}$/);
    assert.equal(nameless, read([]).hostId);
  }));

test('the name of the machine, also from a pod that has another one', () =>
  withDirectory(async (proc) => {
    const process = (pid: string, uts: string): void => {
      mkdirSync(join(proc, pid, 'ns'), { recursive: true });
      symlinkSync(`uts:[${uts}]`, join(proc, pid, 'ns', 'uts'));
    };
    assert.equal(machineName(proc, 'own'), 'own', 'nothing is known');
    process('self', '4026531838');
    assert.equal(machineName(proc, 'own'), 'own', 'the first namespace of the machine');
    rmSync(join(proc, 'self'), { recursive: true });
    process('self', '5');
    assert.equal(machineName(proc, 'own'), null, 'unknown, and not the name of the pod');
    process('1', '4026531838');
    assert.equal(machineName(proc, 'own'), null, 'its files cannot be read');
    mkdirSync(join(proc, '1', 'root', 'etc'), { recursive: true });
    writeFileSync(join(proc, '1', 'root', 'etc', 'hostname'), '# of the machine\n node-7 \n');
    assert.equal(machineName(proc, 'own'), 'node-7');
    rmSync(join(proc, '1', 'ns'), { recursive: true });
    process('1', '5');
    assert.equal(machineName(proc, 'own'), 'own', 'a node that is a container itself');
  }));

test('in a replay the host is the capture', () => {
  assert.deepEqual(replayHostFacts('x'), replayHostFacts('x'));
  assert.notEqual(replayHostFacts('x').hostId, replayHostFacts('y').hostId);
  assert.equal(replayHostFacts('x').hostName, null);
});

test('what changes of the node stands on what is told from then on; what was learnt of runtimes stays', () => {
  let now = { ...host, nodeName: 'before' };
  const changing = createResourceBook(() => now, '0.1.0', defaultSpanLimits, createSpanCounters());
  const told = changing.runtimeOf(server('relay', { 'runtime.name': 'containerd', 'runtime.version': 'v2' }));
  const of = caller('kubelet');
  assert.equal(changing.callerOf(of), changing.callerOf(of));
  assert.equal(changing.callerOf(of)['k8s.node.name'], 'before');
  now = { ...host, nodeName: 'after' };
  for (const resource of [changing.callerOf(of), changing.runtimeOf(server('relay')), changing.kernel()])
    assert.equal(resource['k8s.node.name'], 'after');
  assert.deepEqual(changing.runtimeOf(server('relay')), { ...told, 'k8s.node.name': 'after' });
});
