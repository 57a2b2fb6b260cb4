import type { BlockTotals, KernelMark, KernelStory } from '../calls/kernel/story.ts';
import { textLimit } from './call-attributes.ts';
import type { KernelPartName, KernelTotalName } from './kernel-attributes.ts';
import type { AttributeValue, Span } from './span.ts';

type Totals = Partial<Record<KernelTotalName, AttributeValue>>;
type Mark = Partial<Record<KernelPartName, AttributeValue>>;

const millis = (ns: bigint): number => Number(ns) / 1e6;

const sayBlock = (said: Totals, own: BlockTotals, others: BlockTotals): void => {
  if (own.requests > 0) {
    said['cri.kernel.block.requests'] = own.requests;
    said['cri.kernel.block.bytes'] = Number(own.bytes);
    said['cri.kernel.block.ms'] = millis(own.durationNs);
  }
  if (others.requests > 0) {
    said['cri.kernel.block.others_requests'] = others.requests;
    said['cri.kernel.block.others_bytes'] = Number(others.bytes);
    said['cri.kernel.block.others_ms'] = millis(others.durationNs);
  }
};

/** What the SERVER span says of the work for its call. */
export const kernelTotals = (story: KernelStory): Totals => {
  const { syncs, sharedSyncs } = story;
  const said: Totals = {
    'cri.kernel.breakdown': story.breakdown.slice(0, textLimit),
    'cri.kernel.unexplained_ms': millis(story.unexplainedNs),
    'cri.kernel.executions': story.executions,
    'cri.kernel.cpu_ms': millis(story.cpuNs),
    'cri.kernel.sync.count': syncs.count,
  };
  if (syncs.slowest !== null) {
    said['cri.kernel.sync.ms'] = millis(syncs.durationNs);
    said['cri.kernel.sync.slowest_ms'] = millis(syncs.slowest.ns);
    if (syncs.slowest.file !== null)
      said['cri.kernel.sync.slowest_file'] = syncs.slowest.file.slice(0, textLimit);
  }
  if (sharedSyncs.count > 0) {
    said['cri.kernel.sync.shared_count'] = sharedSyncs.count;
    said['cri.kernel.sync.shared_ms'] = millis(sharedSyncs.durationNs);
  }
  sayBlock(said, story.block, story.blockOfOthers);
  if (story.scheduling !== null) {
    said['cri.kernel.run_queue_ms'] = millis(story.scheduling.runQueueNs);
    said['cri.kernel.blocked_ms'] = millis(story.scheduling.blockedNs);
  }
  if (story.ambiguous > 0) said['cri.kernel.ambiguous'] = story.ambiguous;
  if (story.partsDropped > 0) said['cri.kernel.parts_dropped'] = story.partsDropped;
  if (story.lostRecords > 0) said['cri.kernel.lost_records'] = story.lostRecords;
  return said;
};

const attributesOfMark = (mark: KernelMark): Mark => {
  if (mark.kind === 'frozen') return { 'cri.kernel.cgroup': mark.path.slice(0, textLimit) };
  const said: Mark = { 'process.pid': mark.pid, 'process.executable.name': mark.comm };
  if (mark.kind === 'oom_kill') {
    if (mark.cgroup !== null) said['cri.kernel.cgroup'] = mark.cgroup.slice(0, textLimit);
    return said;
  }
  said['cri.kernel.signal'] = mark.signal;
  if (mark.sender !== null) {
    said['cri.kernel.sender.pid'] = mark.sender.pid;
    said['cri.kernel.sender.name'] = mark.sender.comm;
  }
  return said;
};

const names = { oom_kill: 'oom kill', signal: 'signal', frozen: 'cgroup frozen' } as const;

export const kernelSpanEvents = ({ marks }: KernelStory): Span['events'] =>
  marks.map((mark) => ({ name: names[mark.kind], at: mark.at, attributes: attributesOfMark(mark) }));
