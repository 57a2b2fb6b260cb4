import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventConstants as constants, eventLayouts as layouts } from '../../src/kernel/event-layouts.ts';
import { readKernelEvent } from '../../src/kernel/event-records.ts';
import { recordLayouts } from '../../src/kernel/events.ts';
import type { KernelEvent } from '../../src/kernel/kernel-event.ts';

/** The wall clock is 1000 ns ahead of the monotonic one; a start is told in tens. */
const times = {
  wall: (monotonic: bigint) => monotonic + 1000n,
  startOf: (sinceBoot: bigint) => sinceBoot * 10n,
};

const putProcess = (record: Buffer, at: number, pid: number, start: bigint, comm: string): void => {
  record.writeBigUInt64LE(start, at + recordLayouts.process.start);
  record.writeUInt32LE(pid, at + recordLayouts.process.pid);
  record.write(comm, at + recordLayouts.process.comm, 'utf8');
};

const self = { pid: 12, start: 50n, comm: 'runc' };
const other = { pid: 7, start: 30n, comm: 'containerd' };

/** A record of `size` bytes by process 12, and what follows it. */
const recordOf = (kind: number, size: number, ...texts: string[]): Buffer => {
  const record = Buffer.concat([Buffer.alloc(size), Buffer.from(texts.join(''))]);
  record.writeUInt32LE(record.length, 0);
  record.writeUInt32LE(kind, layouts.event.kind);
  putProcess(record, layouts.event.process, 12, 5n, 'runc');
  return record;
};

const execOf = (argv: string, cgroup: string, environment: string, flags = 0): Buffer => {
  const layout = layouts.exec;
  const record = recordOf(constants.RECORD_EXEC, layout.size, argv, cgroup, environment);
  putProcess(record, layout.parent, 7, 3n, 'containerd');
  record.writeUInt32LE(flags, layout.flags);
  record.writeUInt32LE(Buffer.byteLength(argv), layout.argument_bytes);
  record.writeUInt32LE(Buffer.byteLength(cgroup), layout.cgroup_bytes);
  record.writeUInt32LE(Buffer.byteLength(environment), layout.environment_bytes);
  return record;
};

const argvOf = (argv: string, flags = 0): { argv: readonly string[]; argvCut: boolean } => {
  const event = readKernelEvent(execOf(argv, '', '', flags), times);
  assert.ok(event?.kind === 'exec');
  return { argv: event.argv, argvCut: event.argvCut };
};

test('an exec with its parent, arguments, cgroup and what a CNI plugin is told', () => {
  const record = execOf(
    '/usr/lib/cni/bridge\0',
    'a1\0pod1\0kubepods\0',
    'CNI_COMMAND=ADD\0CNI_CONTAINERID=a1\0CNI_IFNAME=eth0\0K8S_POD_NAMESPACE=shop\0K8S_POD_NAME=web=1\0K8S_POD_UID=\0\0',
  );
  assert.deepEqual(readKernelEvent(record, times), {
    kind: 'exec',
    process: self,
    parent: other,
    argv: ['/usr/lib/cni/bridge'],
    argvCut: false,
    cgroup: '/kubepods/pod1/a1',
    cni: {
      command: 'ADD',
      containerId: 'a1',
      interfaceName: 'eth0',
      podNamespace: 'shop',
      podName: 'web=1',
      podUid: null,
      podInfraContainerId: null,
    },
  });
});

test('arguments are scrubbed, each by itself, by the flag before it, and paths by their names', () => {
  const id = '4f4272264677e2d7b083767c213a3043c871756badf900ce0b72f78641252477';
  const path = `/tmp/critrace-containerd-23718-eE7Qdz/state/k8s.io/${id}/log.json`;
  const cases: [string[], string[]][] = [
    [
      ['runc', '--log', path, 'create', id],
      ['runc', '--log', path, 'create', id],
    ],
    [
      ['x', '--token', 'hunter2', '--password=hunter2', '-v'],
      ['x', '--token', '[redacted]', '--password=[redacted]', '-v'],
    ],
    [
      ['x', '--auth-token', '--verbose'],
      ['x', '--auth-token', '--verbose'],
    ],
    [
      ['curl', '-H', 'Authorization: Bearer abcdefghijklmnop', 'https://me:pw@example.org/a?k=v'],
      ['curl', '-H', 'Authorization: [redacted]', 'https://[redacted]@example.org/a?[redacted]'],
    ],
    [
      ['x', '/v1/AKIAIOSFODNN7EXAMPLE/key'],
      ['x', '/v1/[redacted]/key'],
    ],
  ];
  for (const [given, expected] of cases)
    assert.deepEqual(argvOf(`${given.join('\0')}\0`), { argv: expected, argvCut: false });
});

test('an argument that was cut is left out: it may be half a secret', () => {
  assert.deepEqual(argvOf('psql\0--pass', constants.EXEC_CUT), { argv: ['psql'], argvCut: true });
  assert.deepEqual(argvOf('psql\0--passw'), { argv: ['psql'], argvCut: true });
  assert.deepEqual(argvOf('', constants.EXEC_CUT), { argv: [], argvCut: true });
  assert.deepEqual(argvOf('a\0\0b\0'), { argv: ['a', '', 'b'], argvCut: false });
});

test('an exit with its code or signal, and processor time as getrusage has it', () => {
  const layout = layouts.exit;
  const exitOf = (status: number, user: bigint, system: bigint, run: bigint, peak: bigint) => {
    const record = recordOf(constants.RECORD_EXIT, layout.size);
    record.writeBigUInt64LE(user, layout.user_ns);
    record.writeBigUInt64LE(system, layout.system_ns);
    record.writeBigUInt64LE(run, layout.run_ns);
    record.writeBigUInt64LE(peak, layout.peak_rss_bytes);
    record.writeUInt32LE(status, layout.status);
    return readKernelEvent(record, times);
  };
  const exit = { kind: 'exit', process: self, code: null, signal: null, peakRssBytes: null };
  assert.deepEqual(exitOf(3 << 8, 0n, 0n, 9n, 4096n), {
    ...exit,
    code: 3,
    userNs: 9n,
    systemNs: 0n,
    peakRssBytes: 4096,
  });
  assert.deepEqual(exitOf(9, 4n, 12n, 100n, 0n), { ...exit, signal: 9, userNs: 25n, systemNs: 75n });
  // With a core dump.
  assert.deepEqual(exitOf(0x80 | 11, 0n, 8n, 7n, 0n), { ...exit, signal: 11, userNs: 0n, systemNs: 7n });
});

test('every other record', () => {
  const fork = recordOf(constants.RECORD_FORK, layouts.fork.size);
  putProcess(fork, layouts.fork.parent, 7, 3n, 'containerd');

  const sync = recordOf(constants.RECORD_FILE_SYNC, layouts.file_sync.size, 'meta.db\0bolt\0');
  sync.writeBigUInt64LE(70n, layouts.file_sync.start);
  sync.writeUInt32LE(constants.SYNC_FDATASYNC, layouts.file_sync.operation);
  sync.writeUInt32LE(13, layouts.file_sync.file_bytes);

  const all = recordOf(constants.RECORD_FILE_SYNC, layouts.file_sync.size);
  all.writeUInt32LE(constants.SYNC_SYNCFS, layouts.file_sync.operation);

  const load = recordOf(constants.RECORD_BLOCK_IO, layouts.block_io.size);
  load.writeBigUInt64LE(3n, layouts.block_io.requests);
  load.writeBigUInt64LE(12_288n, layouts.block_io.bytes);
  load.writeBigUInt64LE(99n, layouts.block_io.duration_ns);
  load.writeUInt32LE(constants.BLOCK_FLUSH, layouts.block_io.operation);
  load.write('vda', layouts.block_io.device);

  const others = Buffer.from(load);
  others.fill(0, layouts.event.process, layouts.event.size);

  const cgroup = recordOf(constants.RECORD_CGROUP, layouts.cgroup.size, '/kubepods/pod1\0');
  cgroup.writeUInt32LE(constants.CGROUP_FREEZE, layouts.cgroup.action);
  cgroup.writeUInt32LE(15, layouts.cgroup.path_bytes);

  const oom = recordOf(constants.RECORD_OOM_KILL, layouts.oom_kill.size, 'a1\0kubepods\0');
  oom.writeUInt32LE(12, layouts.oom_kill.cgroup_bytes);

  const signal = recordOf(constants.RECORD_SIGNAL, layouts.signal.size);
  signal.writeUInt32LE(9, layouts.signal.signal);
  const sent = Buffer.from(signal);
  putProcess(sent, layouts.signal.sender, 7, 3n, 'containerd');

  const connect = recordOf(constants.RECORD_TCP_CONNECT, layouts.tcp_connect.size);
  connect.writeBigUInt64LE(70n, layouts.tcp_connect.start);
  connect.writeUInt16LE(5000, layouts.tcp_connect.port);
  connect.set([127, 0, 0, 1], layouts.tcp_connect.address);
  connect.writeUInt8(4, layouts.tcp_connect.version);
  connect.writeUInt8(1, layouts.tcp_connect.connected);
  const connect6 = Buffer.from(connect);
  connect6.fill(0, layouts.tcp_connect.address, layouts.tcp_connect.port);
  connect6.set([0xfd, 0x00], layouts.tcp_connect.address);
  connect6.writeUInt8(1, layouts.tcp_connect.address + 15);
  connect6.writeUInt8(6, layouts.tcp_connect.version);
  connect6.writeUInt8(0, layouts.tcp_connect.connected);

  const waits = recordOf(constants.RECORD_SCHEDULING, layouts.scheduling.size);
  waits.writeBigUInt64LE(4n, layouts.scheduling.waits);
  waits.writeBigUInt64LE(70n, layouts.scheduling.run_queue_ns);
  waits.writeBigUInt64LE(80n, layouts.scheduling.blocked_ns);

  const io = { device: 'vda', operation: 'flush', requests: 3, bytes: 12_288n, durationNs: 99n } as const;
  const tcp = { kind: 'tcp_connect', process: self, port: 5000, start: 1070n } as const;
  const cases: [Buffer, KernelEvent][] = [
    [fork, { kind: 'fork', process: self, parent: other }],
    [sync, { kind: 'file_sync', process: self, operation: 'fdatasync', file: 'bolt/meta.db', start: 1070n }],
    [all, { kind: 'file_sync', process: self, operation: 'syncfs', file: null, start: 1000n }],
    [load, { kind: 'block_io', process: self, ...io }],
    [others, { kind: 'block_io', process: null, ...io }],
    [cgroup, { kind: 'cgroup', action: 'freeze', path: '/kubepods/pod1', process: self }],
    [oom, { kind: 'oom_kill', process: self, cgroup: '/kubepods/a1' }],
    [signal, { kind: 'signal', signal: 9, process: self, sender: null }],
    [sent, { kind: 'signal', signal: 9, process: self, sender: other }],
    [waits, { kind: 'scheduling', process: self, waits: 4, runQueueNs: 70n, blockedNs: 80n }],
    [connect, { ...tcp, address: '127.0.0.1', connected: true }],
    [connect6, { ...tcp, address: 'fd00::1', connected: false }],
  ];
  for (const [record, expected] of cases) assert.deepEqual(readKernelEvent(record, times), expected);
});

test('a record that is too short for itself or for its texts is no event, and nothing throws', () => {
  const kinds = fc.integer({ min: constants.RECORD_FORK, max: constants.RECORD_SCHEDULING + 1 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), kinds, (bytes, kind) => {
      const record = Buffer.from(bytes);
      if (record.length >= 8) record.writeUInt32LE(kind, layouts.event.kind);
      const event = readKernelEvent(record, times);
      assert.ok(event === null || record.length >= layouts.event.size);
    }),
    { numRuns: 2000 },
  );
  const exec = execOf('runc\0', '', '');
  for (let length = 0; length < exec.length; length++)
    assert.equal(readKernelEvent(exec.subarray(0, length), times), null, `${length} bytes`);
});
