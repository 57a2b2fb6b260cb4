import type { Call } from '../calls/call.ts';
import type { BlockTotals, KernelMark, KernelPart, KernelShare, KernelStory } from '../calls/kernel/story.ts';
import type { Nanos } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';

/** 104 days of nanoseconds are exact; no call's parts come near. */
const ns = (duration: Nanos): number => Number(duration);

const whatJson = ({ what, interfaceName }: KernelPart) => {
  const program = what.kind === 'program' ? what.program : null;
  return {
    kind: program?.kind ?? what.kind,
    cni_command: program?.kind === 'cni' ? program.command : null,
    cni_plugin: program?.kind === 'cni' ? program.plugin : null,
    cni_interface: interfaceName,
    oci_command: program?.kind === 'oci' ? program.command : null,
    program: program?.kind === 'container' || program?.kind === 'other' ? program.name : null,
    file: what.kind === 'sync' ? what.file : null,
    address: what.kind === 'connect' ? `${what.address}:${what.port}` : null,
    connected: what.kind === 'connect' ? what.connected : null,
  };
};

const partJson = (part: KernelPart, span: Span | undefined) => ({
  name: part.name,
  ...whatJson(part),
  link: part.link,
  parent: part.parent,
  pid: part.pid,
  pid_start: String(part.processStart),
  comm: part.comm,
  start: String(part.start),
  end: String(part.end),
  outlives_call: part.outlives,
  exit_code: part.exitCode,
  signal: part.signal,
  cpu_ns: part.cpuNs === null ? null : ns(part.cpuNs),
  peak_rss_bytes: part.peakRssBytes,
  run_queue_ns: part.scheduling === null ? null : ns(part.scheduling.runQueueNs),
  blocked_ns: part.scheduling === null ? null : ns(part.scheduling.blockedNs),
  span_id: span?.spanId ?? null,
});

const markJson = (mark: KernelMark) => ({
  kind: mark.kind,
  at: String(mark.at),
  pid: mark.kind === 'frozen' ? null : mark.pid,
  comm: mark.kind === 'frozen' ? null : mark.comm,
  signal: mark.kind === 'signal' ? mark.signal : null,
  sender: mark.kind === 'signal' ? mark.sender : null,
  cgroup: mark.kind === 'oom_kill' ? mark.cgroup : mark.kind === 'frozen' ? mark.path : null,
});

export const shareJson = (share: KernelShare) => ({
  name: share.name,
  ns: ns(share.ns),
  of: share.of.map((part) => ({ name: part.name, ns: ns(part.ns) })),
});

const blockJson = ({ requests, bytes, durationNs }: BlockTotals) => ({
  requests,
  bytes: Number(bytes),
  duration_ns: ns(durationNs),
});

/** `"kind":"kernel"`; `spans` are the parts', in their order. */
export const kernelJson = (call: Call, story: KernelStory, spans: readonly Span[]) => ({
  kind: 'kernel',
  connection: call.connection,
  stream: call.stream,
  revision: 0,
  endpoint: call.endpoint,
  rpc: call.rpc,
  status: call.result.status,
  pod: call.facts.pod,
  sandbox_id: call.facts.sandboxId,
  container: call.facts.containerName,
  container_id: call.facts.containerId,
  start: String(story.from),
  end: String(story.to),
  breakdown: story.breakdown,
  shares: story.shares.map(shareJson),
  unexplained_ns: ns(story.unexplainedNs),
  executions: story.executions,
  cpu_ns: ns(story.cpuNs),
  syncs: {
    count: story.syncs.count,
    duration_ns: ns(story.syncs.durationNs),
    slowest: story.syncs.slowest === null ? null : { ...story.syncs.slowest, ns: ns(story.syncs.slowest.ns) },
  },
  shared_syncs: { count: story.sharedSyncs.count, duration_ns: ns(story.sharedSyncs.durationNs) },
  block_io: blockJson(story.block),
  block_io_of_others: blockJson(story.blockOfOthers),
  scheduling:
    story.scheduling === null
      ? null
      : { run_queue_ns: ns(story.scheduling.runQueueNs), blocked_ns: ns(story.scheduling.blockedNs) },
  events: story.marks.map(markJson),
  events_dropped: story.marksDropped,
  parts: story.parts.map((part, at) => partJson(part, spans[at])),
  parts_dropped: story.partsDropped,
  ambiguous: story.ambiguous,
  lost_records: story.lostRecords,
  trace_id: spans[0]?.traceId ?? null,
});
