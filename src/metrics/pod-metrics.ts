import type { Phase, PhaseName, PodOperation } from '../calls/pods/operation.ts';
import { coveredNs } from '../foundation/covered.ts';
import type { Span } from '../spans/span.ts';
import type { MetricBook } from './book.ts';
import { exemplarOf, secondsBetween } from './call-metrics.ts';

/** The phases of a pod's start as an on-call person asks for them. */
const phaseLabels: Readonly<Partial<Record<PhaseName, string>>> = {
  sandbox: 'sandbox',
  sandbox_status: 'sandbox',
  image_pull: 'image_pull',
  create: 'create',
  start: 'start',
  post_start: 'post_start',
  client: 'kubelet',
  init_container: 'init_container',
};

/** Seconds that the phases of each label cover. */
const covered = (phases: readonly Phase[]): ReadonlyMap<string, number> => {
  const byLabel = new Map<string, Phase[]>();
  for (const phase of phases) {
    const label = phaseLabels[phase.phase];
    if (label !== undefined) byLabel.set(label, [...(byLabel.get(label) ?? []), phase]);
  }
  return new Map([...byLabel].map(([label, of]) => [label, Number(coveredNs(of)) / 1e9]));
};

/** What an operation that is over adds to the metrics. `cniSeconds`: how long network plugins took, where that was seen. */
export const podMetrics = (
  book: MetricBook,
  operation: PodOperation,
  spans: readonly Span[],
  cniSeconds: number | null,
): void => {
  const { key, start, end, outcome, startSeen, phases } = operation;
  const [root] = spans;
  const exemplar = root === undefined ? null : exemplarOf(root);
  const seconds = secondsBetween(start, end);
  if (key.kind === 'pod_stop') {
    book.observe('cri_pod_stop_duration_seconds', { outcome }, seconds, exemplar);
    return;
  }
  // What had begun before would count as quick.
  if (!startSeen) return;
  if (key.kind === 'container_start') {
    book.observe('cri_container_restart_duration_seconds', { outcome }, seconds, exemplar);
    return;
  }
  book.observe('cri_pod_start_duration_seconds', { outcome }, seconds, exemplar);
  if (outcome !== 'running') return;
  for (const [phase, of] of covered(phases))
    book.observe('cri_pod_start_phase_duration_seconds', { phase }, of, exemplar);
  // Within the kubelet's.
  const queued = operation.course?.waits.filter(({ on }) => on === 'pull_queue') ?? [];
  if (queued.length > 0) {
    const waited = Number(coveredNs(queued)) / 1e9;
    book.observe('cri_pod_start_phase_duration_seconds', { phase: 'pull_queue' }, waited, exemplar);
  }
  // Within the sandbox's.
  if (cniSeconds !== null)
    book.observe('cri_pod_start_phase_duration_seconds', { phase: 'cni' }, cniSeconds, exemplar);
};
