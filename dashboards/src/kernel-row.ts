import { increase, of, perSecond, quantile, query, type RowPlan, rate, risen } from './dashboard-plan.ts';
import { stacked, timeseries } from './panels.ts';

/** What the kernel saw of one node. */
export const kernelRow: RowPlan = {
  title: 'Kernel',
  panels: [
    timeseries(
      'Writes to disk (fsync)',
      '99th percentile by operation and kind of file. syncfs on snapshot is the unmount of a container’s file system, which writes the whole disk; metadata_db holds up every create and start.',
      { unit: 's', width: 8, warnAt: 0.1, badAt: 1 },
      [
        query(
          quantile(0.99, 'cri_file_sync_duration_seconds', 'operation, file_class'),
          '{{operation}} {{file_class}}',
        ),
      ],
    ),
    stacked(
      'Disk',
      'Bytes per second by device, operation and whose they are. others: processes outside of the runtime’s family, such as logs of pods or a backup.',
      { unit: 'Bps', width: 8 },
      [perSecond('cri_block_io_bytes_total', 'device, operation, whose')],
    ),
    timeseries(
      'Frozen cgroups',
      'Cgroups that are frozen now, how long the oldest is, and how often it happened. Frozen for more than a second or two outside of a checkpoint: runc was interrupted while it changed limits.',
      { unit: 'short', width: 8, badAt: 60 },
      [
        query(`sum(${of('cri_cgroups_frozen')})`, 'frozen'),
        query(`max(${of('cri_cgroup_frozen_oldest_age_seconds')})`, 'seconds of the oldest'),
        query(`sum(${increase('cri_cgroup_freezes_total')})`, 'freezes'),
      ],
    ),
    timeseries(
      'Network plugins',
      'Runs per second and failures by plugin and command. DEL without end is a sandbox that cannot be removed.',
      { unit: 'ops', width: 8 },
      [
        perSecond('cri_cni_plugin_duration_seconds_count', 'plugin, command'),
        perSecond('cri_cni_plugin_failures_total', 'plugin, command', 'failed'),
      ],
    ),
    timeseries(
      'Killed for memory',
      'By program. See the memory limit of the container in its CreateContainer span.',
      { unit: 'short', width: 8, badAt: 1 },
      [risen('cri_oom_kills_total', 'process')],
    ),
    timeseries(
      'Kernel events',
      'What the kernel tells, by kind, and what it had no room for. Lost ones: durations of plugins and writes may be missing.',
      { unit: 'ops', width: 8 },
      [
        perSecond('cri_kernel_events_total', 'kind'),
        query(`sum(${rate('cri_kernel_events_lost_total')})`, 'lost'),
      ],
    ),
  ],
};
