import { hash } from 'node:crypto';
import type { Call } from '../calls/call.ts';
import type { KernelPart, KernelStory } from '../calls/kernel/story.ts';
import type { Nanos } from '../foundation/time.ts';
import { earlier, later } from '../foundation/time.ts';
import { textLimit } from './call-attributes.ts';
import type { SpanContext } from './call-spans.ts';
import { notAllZeros } from './ids.ts';
import type { KernelPartName } from './kernel-attributes.ts';
import type { AttributeValue, Span } from './span.ts';
import { timesOfCall } from './times.ts';
import { traceOfCall } from './trace-of-call.ts';

type Said = Partial<Record<KernelPartName, AttributeValue>>;

export type KernelSpanContext = Pick<
  SpanContext,
  'ids' | 'parentOf' | 'resources' | 'counters' | 'endOfInput'
>;

const sayWhat = (said: Said, { what, interfaceName }: KernelPart): void => {
  switch (what.kind) {
    case 'sync':
      if (what.file !== null) said['cri.kernel.file'] = what.file.slice(0, textLimit);
      return;
    case 'connect':
      said['network.peer.address'] = what.address;
      said['network.peer.port'] = what.port;
      return;
    case 'stop':
      return;
    case 'program':
      break;
  }
  const { program } = what;
  if (program.kind === 'cni') {
    said['cri.cni.command'] = program.command;
    said['cri.cni.plugin'] = program.plugin;
    if (interfaceName !== null) said['cri.cni.interface'] = interfaceName;
  }
  if (program.kind === 'oci' && program.command !== null) said['cri.oci.command'] = program.command;
  if (program.kind === 'container') said['cri.container.program'] = program.name.slice(0, textLimit);
};

const attributesOf = (part: KernelPart): Said => {
  const said: Said = {
    'cri.kernel.link': part.link,
    'process.pid': part.pid,
    'process.executable.name': part.comm,
  };
  sayWhat(said, part);
  if (part.exitCode !== null) said['process.exit.code'] = part.exitCode;
  if (part.signal !== null) said['cri.kernel.signal'] = part.signal;
  if (part.cpuNs !== null) said['cri.kernel.process.cpu_ms'] = Number(part.cpuNs) / 1e6;
  if (part.peakRssBytes !== null) said['cri.kernel.process.peak_rss'] = part.peakRssBytes;
  if (part.scheduling !== null) {
    said['cri.kernel.process.run_queue_ms'] = Number(part.scheduling.runQueueNs) / 1e6;
    said['cri.kernel.process.blocked_ms'] = Number(part.scheduling.blockedNs) / 1e6;
  }
  if (part.outlives) said['cri.kernel.outlives_call'] = true;
  return said;
};

/** A program's own name is in an attribute: there may be any number of them. */
const spanName = ({ what, name }: KernelPart): string =>
  what.kind === 'program' && what.program.kind === 'container' ? 'container exec' : name;

const unset: Span['status'] = { code: 'unset', message: null };

/** What the runtime's own helpers return; commands of users, and what helpers ask of others, may fail by design. */
const statusOf = ({ what, exitCode, signal }: KernelPart): Span['status'] => {
  if (what.kind === 'connect' && !what.connected) return { code: 'error', message: 'not connected' };
  if (what.kind !== 'program') return unset;
  const { kind } = what.program;
  if (kind !== 'cni' && kind !== 'oci' && kind !== 'shim' && kind !== 'monitor') return unset;
  if (signal !== null) return { code: 'error', message: `killed by signal ${signal}` };
  return exitCode === null || exitCode === 0 ? unset : { code: 'error', message: `exit code ${exitCode}` };
};

const within = (time: Nanos, from: Nanos, to: Nanos): Nanos => earlier(later(time, from), to);

/** INTERNAL spans under the SERVER span of the call, one for each part: exported once, after the call's own. */
export const spansOfKernel = (
  call: Call,
  story: KernelStory,
  context: KernelSpanContext,
): readonly Span[] => {
  const times = timesOfCall(call, context.endOfInput ?? story.to);
  if (times === null) return [];
  const trace = traceOfCall(call, context);
  const { server } = times;
  const ids = story.parts.map(({ pid, processStart, start, what }, at) =>
    notAllZeros(
      hash('sha256', `${trace.serverSpanId}\n${what.kind}\n${pid}\n${processStart}\n${start}\n${at}`).slice(
        0,
        16,
      ),
    ),
  );
  const resource = context.resources.runtimeOf(call);
  context.counters.spans += story.parts.length;
  return story.parts.map((part, at) => {
    const start = within(part.start, server.start, server.end);
    return {
      traceId: trace.traceId,
      spanId: ids[at] ?? trace.serverSpanId,
      parentSpanId: (part.parent === null ? null : ids[part.parent]) ?? trace.serverSpanId,
      parentIsRemote: false,
      traceState: trace.traceState,
      traceFlags: trace.traceFlags,
      name: spanName(part),
      kind: 'internal',
      start,
      end: within(part.end, start, server.end),
      attributes: attributesOf(part),
      status: statusOf(part),
      events: [],
      links: [],
      resource,
    };
  });
};
