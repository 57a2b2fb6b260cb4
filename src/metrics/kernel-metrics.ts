import { programOf } from '../calls/caller.ts';
import type { Nanos } from '../foundation/time.ts';
import type { KernelEvent } from '../kernel/kernel-event.ts';
import type { MetricBook } from './book.ts';
import { createBoundedNames } from './bounded-names.ts';
import { secondsBetween } from './call-metrics.ts';
import { createCniPlugins } from './cni-plugins.ts';
import type { MetricsCounters } from './counters.ts';
import { fileClassOf } from './file-class.ts';
import type { MetricsLimits } from './limits.ts';

/** What kernel events add to the metrics. */
export interface KernelMetrics {
  seen(event: KernelEvent, at: Nanos): void;
  /** Before a page is written. */
  collect(now: Nanos): void;
  /** Seconds that network plugins took to add the sandbox; null where none was seen. */
  cniSecondsOf(sandboxId: string | null): number | null;
}

const maxRunsOfSandbox = 32;

export const createKernelMetrics = (
  book: MetricBook,
  limits: MetricsLimits,
  counters: MetricsCounters,
): KernelMetrics => {
  const plugins = createBoundedNames(limits.maxPlugins);
  const devices = createBoundedNames(limits.maxDevices);
  const victims = createBoundedNames(limits.maxCallers);
  const cni = createCniPlugins({ maxRunning: limits.maxRunning, maxRunsOfSandbox }, () => {
    counters.runningPluginsOverLimit += 1;
  });
  /** Since when each cgroup is frozen, the first one first. */
  const frozen = new Map<string, Nanos>();

  const cgroup = ({ action, path }: Extract<KernelEvent, { kind: 'cgroup' }>, at: Nanos): void => {
    if (action === 'thaw' || action === 'remove') frozen.delete(path);
    if (action !== 'freeze') return;
    book.add('cri_cgroup_freezes_total', {});
    if (frozen.size >= limits.maxRunning) counters.frozenCgroupsOverLimit += 1;
    else if (!frozen.has(path)) frozen.set(path, at);
  };

  const blockIo = (event: Extract<KernelEvent, { kind: 'block_io' }>): void => {
    const labels = {
      device: devices(event.device),
      operation: event.operation,
      whose: event.process === null ? 'others' : 'runtime',
    };
    book.add('cri_block_io_seconds_total', labels, Number(event.durationNs) / 1e9);
    book.add('cri_block_io_requests_total', labels, event.requests);
    book.add('cri_block_io_bytes_total', labels, Number(event.bytes));
  };

  const exited = (event: Extract<KernelEvent, { kind: 'exit' }>, at: Nanos): void => {
    const run = cni.ended(event, at);
    if (run === null) return;
    const labels = { plugin: plugins(run.plugin), command: run.command };
    book.observe('cri_cni_plugin_duration_seconds', labels, secondsBetween(run.start, run.end));
    if (run.failed) book.add('cri_cni_plugin_failures_total', labels);
  };

  return {
    seen(event, at) {
      book.add('cri_kernel_events_total', { kind: event.kind });
      switch (event.kind) {
        case 'exec':
          cni.began(event, at);
          return;
        case 'exit':
          exited(event, at);
          return;
        case 'file_sync':
          book.observe(
            'cri_file_sync_duration_seconds',
            { operation: event.operation, file_class: fileClassOf(event.file) },
            secondsBetween(event.start, at),
          );
          return;
        case 'block_io':
          blockIo(event);
          return;
        case 'cgroup':
          cgroup(event, at);
          return;
        case 'oom_kill':
          book.add('cri_oom_kills_total', { process: victims(programOf(event.process.comm)) });
          return;
        case 'lost':
          book.add('cri_kernel_events_lost_total', {}, event.records);
          return;
        default:
          return;
      }
    },
    collect(now) {
      book.replace('cri_cgroups_frozen', [{ labels: {}, value: frozen.size }]);
      const [oldest] = frozen.values();
      book.replace('cri_cgroup_frozen_oldest_age_seconds', [
        { labels: {}, value: oldest === undefined || oldest > now ? 0 : secondsBetween(oldest, now) },
      ]);
    },
    cniSecondsOf: cni.secondsOf,
  };
};
