import { counter, gauge, histogram } from './instrument.ts';

const syncBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;
const pluginBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** What the kernel told of the runtime and of all that it started. Without kernel events these stay empty. */
export const kernelInstruments = {
  cri_file_sync_duration_seconds: histogram(
    'fsync, fdatasync and syncfs of the runtime and its children, by what kind of file it was.',
    ['operation', 'file_class'],
    syncBuckets,
  ),
  cri_cni_plugin_duration_seconds: histogram(
    'Run time of network plugins that the runtime started, from exec to exit.',
    ['plugin', 'command'],
    pluginBuckets,
  ),
  cri_cni_plugin_failures_total: counter(
    'Network plugins that ended with an exit code other than 0, or by a signal.',
    ['plugin', 'command'],
  ),
  cri_oom_kills_total: counter(
    'Processes of the runtime, its shims and its containers that the kernel killed for memory.',
    ['process'],
  ),
  cri_cgroup_freezes_total: counter('Cgroups of the runtime’s family that were frozen.'),
  cri_cgroups_frozen: gauge('Cgroups that were frozen and not thawed since.'),
  cri_cgroup_frozen_oldest_age_seconds: gauge('Time since the oldest cgroup that is still frozen was.', [], {
    unit: 'seconds',
  }),
  cri_block_io_seconds_total: counter(
    'Sum of the times that requests to block devices took, of the runtime’s family and of others.',
    ['device', 'operation', 'whose'],
    { unit: 'seconds' },
  ),
  cri_block_io_requests_total: counter('Requests to block devices that ended.', [
    'device',
    'operation',
    'whose',
  ]),
  cri_block_io_bytes_total: counter('Bytes of requests to block devices.', ['device', 'operation', 'whose'], {
    unit: 'bytes',
  }),
  cri_kernel_events_total: counter('Events that the kernel told, by kind.', ['kind']),
  cri_kernel_events_lost_total: counter('Events for which the kernel had no room.'),
} as const;
