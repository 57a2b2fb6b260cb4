import type { CniEnvironment, KernelEvent, KernelTask } from '../../kernel/kernel-event.ts';
import { known } from './json.ts';

type Fields = Record<string, unknown>;

const task = (process: KernelTask | null): Fields =>
  process === null ? {} : { pid: process.pid, pid_start: process.start, comm: process.comm };

const other = (role: 'parent' | 'sender', process: KernelTask | null): Fields =>
  process === null
    ? {}
    : {
        [`${role}_pid`]: process.pid,
        [`${role}_pid_start`]: process.start,
        [`${role}_comm`]: process.comm,
      };

const environment = (cni: CniEnvironment): Fields =>
  known({
    command: cni.command,
    container_id: cni.containerId,
    interface_name: cni.interfaceName,
    pod_namespace: cni.podNamespace,
    pod_name: cni.podName,
    pod_uid: cni.podUid,
    pod_infra_container_id: cni.podInfraContainerId,
  });

const fieldsOf = (event: KernelEvent): Fields => {
  switch (event.kind) {
    case 'fork':
      return { ...task(event.process), ...other('parent', event.parent) };
    case 'exec': {
      const { process, parent, argv, argvCut, cgroup, cni } = event;
      return {
        ...task(process),
        ...other('parent', parent),
        argv,
        ...(argvCut ? { argv_cut: true } : {}),
        ...known({ cgroup, cni: cni === null ? null : environment(cni) }),
      };
    }
    case 'exit': {
      const { process, code, signal, userNs, systemNs, peakRssBytes } = event;
      return {
        ...task(process),
        ...known({ code, signal, user_ns: userNs, system_ns: systemNs, peak_rss_bytes: peakRssBytes }),
      };
    }
    case 'file_sync': {
      const { process, operation, file, start } = event;
      return { ...task(process), operation, ...known({ file }), start };
    }
    case 'block_io': {
      const { process, device, operation, requests, bytes, durationNs } = event;
      return { ...task(process), device, operation, requests, bytes, duration_ns: durationNs };
    }
    case 'cgroup':
      return { ...task(event.process), action: event.action, path: event.path };
    case 'oom_kill':
      return { ...task(event.process), ...known({ cgroup: event.cgroup }) };
    case 'signal':
      return { ...task(event.process), signal: event.signal, ...other('sender', event.sender) };
    case 'tcp_connect': {
      const { process, address, port, start, connected } = event;
      return { ...task(process), address, port, start, connected };
    }
    case 'scheduling': {
      const { process, waits, runQueueNs, blockedNs } = event;
      return { ...task(process), waits, run_queue_ns: runQueueNs, blocked_ns: blockedNs };
    }
    case 'lost':
      return { records: event.records };
  }
};

/** The keys of a `kernel` line that belong to the event. */
export const kernelFields = (event: KernelEvent): Fields => ({ k: event.kind, ...fieldsOf(event) });
