import { type DashboardPlan, increase, quantile, query, rate, withExemplars } from './dashboard-plan.ts';

const start = 'cri_pod_start_duration_seconds';
const phase = 'cri_pod_start_phase_duration_seconds';
const server = 'rpc_server_call_duration_seconds';

const meanOf = (name: string): string =>
  `sum by (phase) (${rate(`${name}_sum`)}) / ignoring (phase) group_left () sum(${rate(`${start}_count`, 'outcome="running"')})`;

export const podStarts: DashboardPlan = {
  uid: 'critrace-pod-starts',
  file: '2-pod-starts.json',
  title: 'critrace / 2 Pod starts',
  description: 'Why are pods slow to start? The whole, then its phases, then what each phase waits for.',
  rows: [
    {
      title: 'The whole',
      panels: [
        {
          title: 'Pod start',
          description:
            'From the first call for a pod until all of its containers run; a start is told half a minute later. The points are single starts: click one for its trace. Compare with the phases below.',
          type: 'timeseries',
          unit: 's',
          width: 10,
          warnAt: 20,
          badAt: 60,
          queries: [
            withExemplars(quantile(0.5, start, '', 'outcome="running"'), 'half'),
            withExemplars(quantile(0.95, start, '', 'outcome="running"'), '95 %'),
            withExemplars(quantile(0.99, start, '', 'outcome="running"'), '99 %'),
          ],
        },
        {
          title: 'Distribution',
          description:
            'How many starts took how long. Two bands are two kinds of pods (with and without a pull, with and without a slow init container).',
          type: 'heatmap',
          unit: 's',
          width: 8,
          queries: [query(`sum by (le) (${increase(`${start}_bucket`)})`, '{{le}}')],
        },
        {
          title: 'How starts ended',
          description:
            'running is good. failed: the last try of some step failed and no other came; timed_out: nothing came any more; incomplete: another sandbox took its place, or the pod was stopped first.',
          type: 'stacked',
          unit: 'short',
          width: 6,
          queries: [query(`sum by (outcome) (${increase(`${start}_count`)})`, '{{outcome}}')],
        },
      ],
    },
    {
      title: 'Phases',
      panels: [
        {
          title: 'Mean of a start, by phase',
          description:
            'What a start spends its time on. The widest band is where to look: image_pull, registry or disk; sandbox, network (cni is its part); create and start, the runtime; kubelet, no call was under way: volumes, its queue, the API server.',
          type: 'stacked',
          unit: 's',
          width: 12,
          queries: [query(meanOf(phase), '{{phase}}')],
        },
        {
          title: 'Slowest 5 % of each phase',
          description:
            'The 95th percentile of each phase over the starts that have it. A phase that rises alone is the cause; all together, the node is short of CPU or disk.',
          type: 'timeseries',
          unit: 's',
          width: 12,
          queries: [withExemplars(quantile(0.95, phase, 'phase'), '{{phase}}')],
        },
      ],
    },
    {
      title: 'Image pulls and network',
      panels: [
        {
          title: 'Image pulls',
          description:
            'Duration of PullImage. Many pulls at once wait for one another (serialize-image-pulls) and for the disk: compare with “Writes to disk”, image_content.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          queries: [
            withExemplars(quantile(0.5, server, '', 'rpc_method=~".*/PullImage"'), 'half'),
            withExemplars(quantile(0.95, server, '', 'rpc_method=~".*/PullImage"'), '95 %'),
          ],
        },
        {
          title: 'Failed pulls',
          description:
            'PullImage that ended with an error, by status. NOT_FOUND: no such image; UNKNOWN and UNAVAILABLE: the registry or the way to it. The span has the registry’s words.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          warnAt: 1,
          queries: [
            query(
              `sum by (rpc_status_code) (${increase('rpc_client_call_duration_seconds_count', 'rpc_method=~".*/PullImage"', 'error_type!=""')})`,
              '{{rpc_status_code}}',
            ),
          ],
        },
        {
          title: 'Network plugins',
          description:
            'Run time of each CNI plugin that the runtime started, 95th percentile. ADD above a second delays every pod: a lock (host-local, iptables), an agent that answers slowly, or duplicate address detection.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          warnAt: 1,
          queries: [
            query(
              quantile(0.95, 'cri_cni_plugin_duration_seconds', 'plugin, command'),
              '{{plugin}} {{command}}',
            ),
          ],
        },
        {
          title: 'Network plugins that failed',
          description:
            'Plugins that ended with an exit code other than 0. ADD: the pod does not get a network and is tried again; DEL: addresses may leak. The runtime’s log has the plugin’s words.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          warnAt: 1,
          queries: [
            query(
              `sum by (plugin, command) (${increase('cri_cni_plugin_failures_total')})`,
              '{{plugin}} {{command}}',
            ),
          ],
        },
        {
          title: 'Sandboxes',
          description:
            'Duration of RunPodSandbox: the pause container and the network. Compare with network plugins; what they do not explain is the runtime’s own.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          queries: [withExemplars(quantile(0.95, server, '', 'rpc_method=~".*/RunPodSandbox"'), '95 %')],
        },
        {
          title: 'Tries again',
          description:
            'Tries after the first of the same thing, by method. A pod that is tried again and again holds its name: see zombies on the node’s dashboard.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          queries: [query(`sum by (rpc_method) (${increase('cri_retries_total')})`, '{{rpc_method}}')],
        },
      ],
    },
    {
      title: 'runc and disk',
      panels: [
        {
          title: 'Create and start of containers',
          description:
            'CreateContainer and StartContainer, 95th percentile. Create slow: snapshot, relabelling or chown of many files, or the metadata database; start slow: runc, systemd, cgroups.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          warnAt: 2,
          queries: [
            withExemplars(
              quantile(0.95, server, 'rpc_method', 'rpc_method=~".*/(CreateContainer|StartContainer)"'),
              '{{rpc_method}}',
            ),
          ],
        },
        {
          title: 'Writes to disk (fsync)',
          description:
            'How long the runtime and its children waited for fsync, by kind of file, 99th percentile. metadata_db above 100 ms makes every create and start wait: the disk is too slow or too busy.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          warnAt: 0.1,
          badAt: 1,
          queries: [query(quantile(0.99, 'cri_file_sync_duration_seconds', 'file_class'), '{{file_class}}')],
        },
        {
          title: 'Time of one disk request',
          description:
            'Mean time of a request, of the runtime’s family and of all others. Others high and the runtime high: a neighbour fills the disk; only the runtime: its own work, such as unpacking images.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          queries: [
            query(
              `sum by (device, whose) (${rate('cri_block_io_seconds_total')}) / sum by (device, whose) (${rate('cri_block_io_requests_total')})`,
              '{{device}} {{whose}}',
            ),
          ],
        },
      ],
    },
  ],
};
