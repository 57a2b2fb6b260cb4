import type { Peer } from '../source/event.ts';
import type { DoctorReport, EndpointReport } from './report.ts';
import { exitCodeOf } from './report.ts';

const peerJson = (peer: Peer) => ({
  pid: peer.pid,
  pid_start: peer.pidStart === null ? null : String(peer.pidStart),
  comm: peer.comm,
  uid: peer.uid,
  cgroup: peer.cgroup,
});

const endpointJson = (endpoint: EndpointReport) => ({
  path: endpoint.path,
  from: endpoint.from,
  connect: endpoint.connect,
  server: endpoint.server === null ? null : { pid: endpoint.server.pid, comm: endpoint.server.comm },
  runtime_name: endpoint.runtimeName,
  runtime_version: endpoint.runtimeVersion,
  answers: endpoint.answers.map(({ version, rpc, status, message }) => ({
    api_version: version,
    rpc,
    status,
    message,
  })),
});

/** The report as one object for a program: times as text in nanoseconds, null for what is not known. */
export const doctorJson = (report: DoctorReport) => ({
  exit_code: exitCodeOf(report),
  kernel: {
    release: report.machine.kernel,
    architecture: report.machine.architecture,
    btf: report.machine.btf,
    lockdown: report.machine.lockdown,
    cgroup: report.machine.cgroup,
    uid: report.machine.uid,
    capabilities: report.machine.capabilities,
  },
  programs: report.programs.map(({ name, part, state, replaced, reason, remedy }) => ({
    name,
    part,
    state,
    replaced,
    reason,
    remedy,
  })),
  kernels: report.kernels,
  sources: report.sources,
  chosen_source: report.chosen,
  endpoints: report.endpoints.map(endpointJson),
  kubelet:
    report.kubelet === null
      ? null
      : {
          pid: report.kubelet.pid,
          tracing: report.kubelet.tracing.on,
          tracing_endpoint: report.kubelet.tracing.endpoint,
          sampling_rate_per_million: report.kubelet.tracing.samplingRatePerMillion,
          file: report.kubelet.tracing.file,
        },
  runtime_tracing: report.runtimeTracing,
  kubelet_choices: report.choices,
  connected:
    report.connected?.map(({ endpoint, client }) => ({ endpoint, client: peerJson(client) })) ?? null,
  buffers: { tap_ring_bytes: report.ringBytes, proxy_queue_bytes: report.proxyQueueBytes },
  clock: {
    offset: String(report.clock.offset),
    uncertainty_ns: Number(report.clock.uncertainty),
  },
  checks: report.checks,
  sees: report.sees,
  sees_not: report.seesNot,
});
