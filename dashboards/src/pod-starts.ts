import { type DashboardPlan, quantile, query, rate, risen, withExemplars } from './dashboard-plan.ts';
import { heatmap, stacked, timeseries } from './panels.ts';

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
        timeseries(
          'Pod start',
          'From the first call for a pod until all of its containers run; a start is told half a minute later. The points are single starts: click one for its trace. Compare with the phases below.',
          { unit: 's', width: 10, warnAt: 20, badAt: 60 },
          [
            withExemplars(quantile(0.5, start, '', 'outcome="running"'), 'half'),
            withExemplars(quantile(0.95, start, '', 'outcome="running"'), '95 %'),
            withExemplars(quantile(0.99, start, '', 'outcome="running"'), '99 %'),
          ],
        ),
        heatmap(
          'Distribution',
          'How many starts took how long. Two bands are two kinds of pods (with and without a pull, with and without a slow init container).',
          { unit: 's', width: 8 },
          [risen(`${start}_bucket`, 'le')],
        ),
        stacked(
          'How starts ended',
          'running is good. failed: the last try of some step failed and no other came; timed_out: nothing came any more; incomplete: another sandbox took its place, or the pod was stopped first.',
          { unit: 'short', width: 6 },
          [risen(`${start}_count`, 'outcome')],
        ),
      ],
    },
    {
      title: 'Phases',
      panels: [
        stacked(
          'Mean of a start, by phase',
          'What a start spends its time on. The widest band is where to look: image_pull, registry or disk; sandbox, network (cni is its part); create and start, the runtime; kubelet, no call was under way: volumes, its queue, the API server.',
          { unit: 's', width: 12 },
          [query(meanOf(phase), '{{phase}}')],
        ),
        timeseries(
          'Slowest 5 % of each phase',
          'The 95th percentile of each phase over the starts that have it. A phase that rises alone is the cause; all together, the node is short of CPU or disk.',
          { unit: 's', width: 12 },
          [withExemplars(quantile(0.95, phase, 'phase'), '{{phase}}')],
        ),
      ],
    },
    {
      title: 'Image pulls and network',
      panels: [
        timeseries(
          'Image pulls',
          'Duration of PullImage. Many pulls at once wait for one another (serialize-image-pulls) and for the disk: compare with “Writes to disk”, image_content.',
          { unit: 's', width: 8 },
          [
            withExemplars(quantile(0.5, server, '', 'rpc_method=~".*/PullImage"'), 'half'),
            withExemplars(quantile(0.95, server, '', 'rpc_method=~".*/PullImage"'), '95 %'),
          ],
        ),
        timeseries(
          'Failed pulls',
          'PullImage that ended with an error, by status. NOT_FOUND: no such image; UNKNOWN and UNAVAILABLE: the registry or the way to it. The span has the registry’s words.',
          { unit: 'short', width: 8, warnAt: 1 },
          [
            risen(
              'rpc_client_call_duration_seconds_count',
              'rpc_status_code',
              '',
              'rpc_method=~".*/PullImage"',
              'error_type!=""',
            ),
          ],
        ),
        timeseries(
          'Network plugins',
          'Run time of each CNI plugin that the runtime started, 95th percentile. ADD above a second delays every pod: a lock (host-local, iptables), an agent that answers slowly, or duplicate address detection.',
          { unit: 's', width: 8, warnAt: 1 },
          [
            query(
              quantile(0.95, 'cri_cni_plugin_duration_seconds', 'plugin, command'),
              '{{plugin}} {{command}}',
            ),
          ],
        ),
        timeseries(
          'Network plugins that failed',
          'Plugins that ended with an exit code other than 0. ADD: the pod does not get a network and is tried again; DEL: addresses may leak. The runtime’s log has the plugin’s words.',
          { unit: 'short', width: 8, warnAt: 1 },
          [risen('cri_cni_plugin_failures_total', 'plugin, command')],
        ),
        timeseries(
          'Sandboxes',
          'Duration of RunPodSandbox: the pause container and the network. Compare with network plugins; what they do not explain is the runtime’s own.',
          { unit: 's', width: 8 },
          [withExemplars(quantile(0.95, server, '', 'rpc_method=~".*/RunPodSandbox"'), '95 %')],
        ),
        timeseries(
          'Tries again',
          'Tries after the first of the same thing, by method. A pod that is tried again and again holds its name: see zombies on the node’s dashboard.',
          { unit: 'short', width: 8 },
          [risen('cri_retries_total', 'rpc_method')],
        ),
      ],
    },
    {
      title: 'runc and disk',
      panels: [
        timeseries(
          'Create and start of containers',
          'CreateContainer and StartContainer, 95th percentile. Create slow: snapshot, relabelling or chown of many files, or the metadata database; start slow: runc, systemd, cgroups.',
          { unit: 's', width: 8, warnAt: 2 },
          [
            withExemplars(
              quantile(0.95, server, 'rpc_method', 'rpc_method=~".*/(CreateContainer|StartContainer)"'),
              '{{rpc_method}}',
            ),
          ],
        ),
        timeseries(
          'Writes to disk (fsync)',
          'How long the runtime and its children waited for fsync, by kind of file, 99th percentile. metadata_db above 100 ms makes every create and start wait: the disk is too slow or too busy.',
          { unit: 's', width: 8, warnAt: 0.1, badAt: 1 },
          [query(quantile(0.99, 'cri_file_sync_duration_seconds', 'file_class'), '{{file_class}}')],
        ),
        timeseries(
          'Time of one disk request',
          'Mean time of a request, of the runtime’s family and of all others. Others high and the runtime high: a neighbour fills the disk; only the runtime: its own work, such as unpacking images.',
          { unit: 's', width: 8 },
          [
            query(
              `sum by (device, whose) (${rate('cri_block_io_seconds_total')}) / sum by (device, whose) (${rate('cri_block_io_requests_total')})`,
              '{{device}} {{whose}}',
            ),
          ],
        ),
      ],
    },
  ],
};
