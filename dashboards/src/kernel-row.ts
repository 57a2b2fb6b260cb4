import { increase, of, quantile, query, type RowPlan, rate } from './dashboard-plan.ts';

/** What the kernel saw of one node. */
export const kernelRow: RowPlan = {
  title: 'Kernel',
  panels: [
    {
      title: 'Writes to disk (fsync)',
      description:
        '99th percentile by operation and kind of file. syncfs on snapshot is the unmount of a container’s file system, which writes the whole disk; metadata_db holds up every create and start.',
      type: 'timeseries',
      unit: 's',
      width: 8,
      warnAt: 0.1,
      badAt: 1,
      queries: [
        query(
          quantile(0.99, 'cri_file_sync_duration_seconds', 'operation, file_class'),
          '{{operation}} {{file_class}}',
        ),
      ],
    },
    {
      title: 'Disk',
      description:
        'Bytes per second by device, operation and whose they are. others: processes outside of the runtime’s family, such as logs of pods or a backup.',
      type: 'stacked',
      unit: 'Bps',
      width: 8,
      queries: [
        query(
          `sum by (device, operation, whose) (${rate('cri_block_io_bytes_total')})`,
          '{{device}} {{operation}} {{whose}}',
        ),
      ],
    },
    {
      title: 'Frozen cgroups',
      description:
        'Cgroups that are frozen now, how long the oldest is, and how often it happened. Frozen for more than a second or two outside of a checkpoint: runc was interrupted while it changed limits.',
      type: 'timeseries',
      unit: 'short',
      width: 8,
      badAt: 60,
      queries: [
        query(`sum(${of('cri_cgroups_frozen')})`, 'frozen'),
        query(`max(${of('cri_cgroup_frozen_oldest_age_seconds')})`, 'seconds of the oldest'),
        query(`sum(${increase('cri_cgroup_freezes_total')})`, 'freezes'),
      ],
    },
    {
      title: 'Network plugins',
      description:
        'Runs per second and failures by plugin and command. DEL without end is a sandbox that cannot be removed.',
      type: 'timeseries',
      unit: 'ops',
      width: 8,
      queries: [
        query(
          `sum by (plugin, command) (${rate('cri_cni_plugin_duration_seconds_count')})`,
          '{{plugin}} {{command}}',
        ),
        query(
          `sum by (plugin, command) (${rate('cri_cni_plugin_failures_total')})`,
          '{{plugin}} {{command}} failed',
        ),
      ],
    },
    {
      title: 'Killed for memory',
      description: 'By program. See the memory limit of the container in its CreateContainer span.',
      type: 'timeseries',
      unit: 'short',
      width: 8,
      badAt: 1,
      queries: [query(`sum by (process) (${increase('cri_oom_kills_total')})`, '{{process}}')],
    },
    {
      title: 'Kernel events',
      description:
        'What the kernel tells, by kind, and what it had no room for. Lost ones: durations of plugins and writes may be missing.',
      type: 'timeseries',
      unit: 'ops',
      width: 8,
      queries: [
        query(`sum by (kind) (${rate('cri_kernel_events_total')})`, '{{kind}}'),
        query(`sum(${rate('cri_kernel_events_lost_total')})`, 'lost'),
      ],
    },
  ],
};
