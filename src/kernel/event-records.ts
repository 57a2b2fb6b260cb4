import { scrubArguments } from '../foundation/scrub-arguments.ts';
import type { Nanos } from '../foundation/time.ts';
import { cniEnvironment } from './cni-environment.ts';
import { eventConstants as constants, eventLayouts as layouts } from './event-layouts.ts';
import { type KernelProcess, processAt } from './events.ts';
import type { KernelEvent, KernelTask } from './kernel-event.ts';

/** From the kernel's clocks to nanoseconds since the Unix epoch. */
export interface RecordTimes {
  wall(monotonic: Nanos): Nanos;
  startOf(sinceBoot: Nanos): Nanos;
}

/** A record whose length was found good, and what follows it. */
interface Source {
  readonly record: Buffer;
  readonly times: RecordTimes;
  /** Who does or suffers it. */
  readonly process: KernelTask;
}

const taskOf = ({ pid, start, comm }: KernelProcess, times: RecordTimes): KernelTask => ({
  pid: pid ?? 0,
  start: start === null ? 0n : times.startOf(start),
  comm: comm ?? '',
});

const isKnown = ({ start }: KernelProcess): boolean => start !== null;

const taskAt = ({ record, times }: Source, at: number): KernelTask | null => {
  const found = processAt(record, at);
  return isKnown(found) ? taskOf(found, times) : null;
};

/** Texts that follow a record, each of which says how long it is. Null: they say more than there is. */
const texts = (record: Buffer, from: number, lengths: readonly number[]): Buffer[] | null => {
  const found: Buffer[] = [];
  let at = from;
  for (const length of lengths) {
    if (length > record.length - at) return null;
    found.push(record.subarray(at, at + length));
    at += length;
  }
  return found;
};

/** Each text ends with a zero; what comes after the last zero is a text that was cut. */
const split = (bytes: Buffer): { readonly whole: string[]; readonly cut: string } => {
  const whole = bytes.toString('utf8').split('\0');
  return { cut: whole.pop() ?? '', whole };
};

/** A path of names, the last one first. */
const pathOf = (bytes: Buffer): string => split(bytes).whole.reverse().join('/');

const cgroupOf = (bytes: Buffer | undefined): string | null =>
  bytes === undefined || bytes.length === 0 ? null : `/${pathOf(bytes)}`;

const fork = (source: Source): KernelEvent => {
  const parent = processAt(source.record, layouts.fork.parent);
  return { kind: 'fork', process: source.process, parent: taskOf(parent, source.times) };
};

const exec = (source: Source): KernelEvent | null => {
  const { record, process } = source;
  const layout = layouts.exec;
  const found = texts(record, layout.size, [
    record.readUInt32LE(layout.argument_bytes),
    record.readUInt32LE(layout.cgroup_bytes),
    record.readUInt32LE(layout.environment_bytes),
  ]);
  if (found === null) return null;
  const [argumentBytes = Buffer.alloc(0), cgroup, environment = Buffer.alloc(0)] = found;
  const { whole, cut } = split(argumentBytes);
  return {
    kind: 'exec',
    process,
    parent: taskAt(source, layout.parent),
    // Half an argument may be half a secret, which nothing would recognise.
    argv: scrubArguments(whole),
    argvCut: cut !== '' || (record.readUInt32LE(layout.flags) & constants.EXEC_CUT) !== 0,
    cgroup: cgroupOf(cgroup),
    cni: cniEnvironment(split(environment).whole),
  };
};

/** The kernel's own way (getrusage): ticks tell the ratio of user to system time, the scheduler the sum. */
const cpuTimes = (user: Nanos, system: Nanos, run: Nanos): { userNs: Nanos; systemNs: Nanos } => {
  const ticked = user + system;
  const systemNs = ticked === 0n ? 0n : (run * system) / ticked;
  return { userNs: run - systemNs, systemNs };
};

const exit = ({ record, process }: Source): KernelEvent => {
  const layout = layouts.exit;
  const status = record.readUInt32LE(layout.status);
  const signal = status & 0x7f;
  const peak = Number(record.readBigUInt64LE(layout.peak_rss_bytes));
  return {
    kind: 'exit',
    process,
    code: signal === 0 ? (status >> 8) & 0xff : null,
    signal: signal === 0 ? null : signal,
    ...cpuTimes(
      record.readBigUInt64LE(layout.user_ns),
      record.readBigUInt64LE(layout.system_ns),
      record.readBigUInt64LE(layout.run_ns),
    ),
    peakRssBytes: peak > 0 && Number.isSafeInteger(peak) ? peak : null,
  };
};

const syncs = { [constants.SYNC_FSYNC]: 'fsync', [constants.SYNC_FDATASYNC]: 'fdatasync' } as const;

const fileSync = ({ record, times, process }: Source): KernelEvent | null => {
  const layout = layouts.file_sync;
  const found = texts(record, layout.size, [record.readUInt32LE(layout.file_bytes)]);
  if (found === null) return null;
  const operation = record.readUInt32LE(layout.operation);
  const [file = Buffer.alloc(0)] = found;
  return {
    kind: 'file_sync',
    process,
    operation:
      operation === constants.SYNC_FSYNC || operation === constants.SYNC_FDATASYNC
        ? syncs[operation]
        : 'syncfs',
    file: file.length === 0 ? null : pathOf(file),
    start: times.wall(record.readBigUInt64LE(layout.start)),
  };
};

const blockOperations = ['read', 'write', 'flush', 'discard'] as const;

const blockIo = (source: Source): KernelEvent | null => {
  const { record } = source;
  const layout = layouts.block_io;
  const operation = blockOperations[record.readUInt32LE(layout.operation)];
  const device = record.subarray(layout.device, layout.device + constants.DEVICE_BYTES);
  if (operation === undefined) return null;
  return {
    kind: 'block_io',
    process: taskAt(source, layouts.event.process),
    device: device.toString('utf8').split('\0', 1)[0] ?? '',
    operation,
    requests: Number(record.readBigUInt64LE(layout.requests)),
    bytes: record.readBigUInt64LE(layout.bytes),
    durationNs: record.readBigUInt64LE(layout.duration_ns),
  };
};

const cgroupActions = ['create', 'attach', 'freeze', 'thaw', 'remove'] as const;

const cgroup = (source: Source): KernelEvent | null => {
  const { record } = source;
  const layout = layouts.cgroup;
  const found = texts(record, layout.size, [record.readUInt32LE(layout.path_bytes)]);
  const action = cgroupActions[record.readUInt32LE(layout.action)];
  if (found === null || action === undefined) return null;
  const path = found[0]?.toString('utf8').split('\0', 1)[0] ?? '';
  return { kind: 'cgroup', action, path, process: taskAt(source, layouts.event.process) };
};

const oomKill = ({ record, process }: Source): KernelEvent | null => {
  const layout = layouts.oom_kill;
  const found = texts(record, layout.size, [record.readUInt32LE(layout.cgroup_bytes)]);
  return found === null ? null : { kind: 'oom_kill', process, cgroup: cgroupOf(found[0]) };
};

const signal = (source: Source): KernelEvent => ({
  kind: 'signal',
  signal: source.record.readUInt32LE(layouts.signal.signal),
  process: source.process,
  sender: taskAt(source, layouts.signal.sender),
});

const addressOf = (bytes: Buffer, version: number): string => {
  if (version === 4) return bytes.subarray(0, 4).join('.');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
};

const tcpConnect = ({ record, times, process }: Source): KernelEvent => {
  const layout = layouts.tcp_connect;
  return {
    kind: 'tcp_connect',
    process,
    address: addressOf(record.subarray(layout.address, layout.port), record.readUInt8(layout.version)),
    port: record.readUInt16LE(layout.port),
    start: times.wall(record.readBigUInt64LE(layout.start)),
    connected: record.readUInt8(layout.connected) !== 0,
  };
};

const scheduling = ({ record, process }: Source): KernelEvent => {
  const layout = layouts.scheduling;
  return {
    kind: 'scheduling',
    process,
    waits: Number(record.readBigUInt64LE(layout.waits)),
    runQueueNs: record.readBigUInt64LE(layout.run_queue_ns),
    blockedNs: record.readBigUInt64LE(layout.blocked_ns),
  };
};

interface Decoder {
  /** Of the record without its texts. */
  readonly size: number;
  readonly decode: (source: Source) => KernelEvent | null;
}

const decoders: ReadonlyMap<number, Decoder> = new Map([
  [constants.RECORD_FORK, { size: layouts.fork.size, decode: fork }],
  [constants.RECORD_EXEC, { size: layouts.exec.size, decode: exec }],
  [constants.RECORD_EXIT, { size: layouts.exit.size, decode: exit }],
  [constants.RECORD_FILE_SYNC, { size: layouts.file_sync.size, decode: fileSync }],
  [constants.RECORD_BLOCK_IO, { size: layouts.block_io.size, decode: blockIo }],
  [constants.RECORD_CGROUP, { size: layouts.cgroup.size, decode: cgroup }],
  [constants.RECORD_OOM_KILL, { size: layouts.oom_kill.size, decode: oomKill }],
  [constants.RECORD_SIGNAL, { size: layouts.signal.size, decode: signal }],
  [constants.RECORD_TCP_CONNECT, { size: layouts.tcp_connect.size, decode: tcpConnect }],
  [constants.RECORD_SCHEDULING, { size: layouts.scheduling.size, decode: scheduling }],
]);

/** Null: the record makes no sense. */
export const readKernelEvent = (record: Buffer, times: RecordTimes): KernelEvent | null => {
  if (record.length < layouts.event.size) return null;
  const decoder = decoders.get(record.readUInt32LE(layouts.event.kind));
  if (decoder === undefined || record.length < decoder.size) return null;
  const process = taskOf(processAt(record, layouts.event.process), times);
  return decoder.decode({ record, times, process });
};
