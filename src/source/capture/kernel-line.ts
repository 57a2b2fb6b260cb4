import type { CniEnvironment, KernelEvent, KernelTask } from '../../kernel/kernel-event.ts';
import { asObject, integer, type Json, nanos, oneOf, text } from './json.ts';

const taskOf = (pid: unknown, pidStart: unknown, name: unknown): KernelTask | null => {
  const number = integer(pid, 0);
  const start = nanos(pidStart);
  const comm = text(name);
  return number === null || start === null || comm === null ? null : { pid: number, start, comm };
};

const task = (line: Json): KernelTask | null => taskOf(line.pid, line.pid_start, line.comm);
const parent = (line: Json): KernelTask | null =>
  taskOf(line.parent_pid, line.parent_pid_start, line.parent_comm);
const sender = (line: Json): KernelTask | null =>
  taskOf(line.sender_pid, line.sender_pid_start, line.sender_comm);

const argvOf = (value: unknown): string[] | null => {
  if (!Array.isArray(value)) return null;
  const argv = value.filter((argument) => typeof argument === 'string');
  return argv.length === value.length ? argv : null;
};

const environment = (value: unknown): CniEnvironment | null => {
  const cni = asObject(value);
  return cni === null
    ? null
    : {
        command: text(cni.command),
        containerId: text(cni.container_id),
        interfaceName: text(cni.interface_name),
        podNamespace: text(cni.pod_namespace),
        podName: text(cni.pod_name),
        podUid: text(cni.pod_uid),
        podInfraContainerId: text(cni.pod_infra_container_id),
      };
};

const exec = (line: Json, process: KernelTask): KernelEvent | null => {
  const argv = argvOf(line.argv);
  if (argv === null) return null;
  const { argv_cut, cgroup, cni } = line;
  return {
    kind: 'exec',
    process,
    parent: parent(line),
    argv,
    argvCut: argv_cut === true,
    cgroup: text(cgroup),
    cni: environment(cni),
  };
};

const exit = (line: Json, process: KernelTask): KernelEvent | null => {
  const userNs = nanos(line.user_ns);
  const systemNs = nanos(line.system_ns);
  if (userNs === null || systemNs === null) return null;
  const [code, signal] = [integer(line.code, 0), integer(line.signal, 0)];
  return {
    kind: 'exit',
    process,
    code,
    signal,
    userNs,
    systemNs,
    peakRssBytes: integer(line.peak_rss_bytes, 0),
  };
};

const fileSync = (line: Json, process: KernelTask): KernelEvent | null => {
  const operation = oneOf(['fsync', 'fdatasync', 'syncfs'], line.operation);
  const start = nanos(line.start);
  if (operation === null || start === null) return null;
  return { kind: 'file_sync', process, operation, file: text(line.file), start };
};

const blockIo = (line: Json): KernelEvent | null => {
  const device = text(line.device);
  const operation = oneOf(['read', 'write', 'flush', 'discard'], line.operation);
  const requests = integer(line.requests, 0);
  const bytes = nanos(line.bytes);
  const durationNs = nanos(line.duration_ns);
  if (device === null || operation === null || requests === null || bytes === null || durationNs === null)
    return null;
  return { kind: 'block_io', process: task(line), device, operation, requests, bytes, durationNs };
};

const cgroup = (line: Json): KernelEvent | null => {
  const action = oneOf(['create', 'attach', 'freeze', 'thaw', 'remove'], line.action);
  const path = text(line.path);
  return action === null || path === null ? null : { kind: 'cgroup', action, path, process: task(line) };
};

const signal = (line: Json, process: KernelTask): KernelEvent | null => {
  const number = integer(line.signal, 1);
  return number === null ? null : { kind: 'signal', signal: number, process, sender: sender(line) };
};

const tcpConnect = (line: Json, process: KernelTask): KernelEvent | null => {
  const address = text(line.address);
  const port = integer(line.port, 0);
  const start = nanos(line.start);
  if (address === null || port === null || start === null || typeof line.connected !== 'boolean') return null;
  return { kind: 'tcp_connect', process, address, port, start, connected: line.connected };
};

const scheduling = (line: Json, process: KernelTask): KernelEvent | null => {
  const waits = integer(line.waits, 0);
  const runQueueNs = nanos(line.run_queue_ns);
  const blockedNs = nanos(line.blocked_ns);
  if (waits === null || runQueueNs === null || blockedNs === null) return null;
  return { kind: 'scheduling', process, waits, runQueueNs, blockedNs };
};

const fork = (line: Json, process: KernelTask): KernelEvent | null => {
  const from = parent(line);
  return from === null ? null : { kind: 'fork', process, parent: from };
};

const lost = (line: Json): KernelEvent | null => {
  const records = integer(line.records, 0);
  return records === null ? null : { kind: 'lost', records };
};

/** Events that some process did or suffered: without it they say nothing. */
const ofProcess: Readonly<Record<string, (line: Json, process: KernelTask) => KernelEvent | null>> = {
  fork,
  exec,
  exit,
  file_sync: fileSync,
  oom_kill: (line, process) => ({ kind: 'oom_kill', process, cgroup: text(line.cgroup) }),
  signal,
  tcp_connect: tcpConnect,
  scheduling,
};

const ofAny: Readonly<Record<string, (line: Json) => KernelEvent | null>> = {
  block_io: blockIo,
  cgroup,
  lost,
};

/** The event of a `kernel` line: 'bad' where it lacks what its kind needs, 'unknown' where its kind is not known. */
export const kernelEvent = (line: Json): KernelEvent | 'bad' | 'unknown' => {
  const kind = text(line.k);
  if (kind === null) return 'bad';
  if (Object.hasOwn(ofAny, kind)) return ofAny[kind]?.(line) ?? 'bad';
  if (!Object.hasOwn(ofProcess, kind)) return 'unknown';
  const process = task(line);
  return (process === null ? null : ofProcess[kind]?.(line, process)) ?? 'bad';
};
