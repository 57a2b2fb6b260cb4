import { type DashboardPlan, increase, of, quantile, query, rate, withExemplars } from './dashboard-plan.ts';

const client = 'rpc_client_call_duration_seconds';

export const node: DashboardPlan = {
  uid: 'critrace-node',
  file: '4-node.json',
  title: 'critrace / 4 One node',
  description:
    'What is wrong on this node? Choose one instance: what waits now, what held it up, what the kernel saw, what critrace itself takes.',
  rows: [
    {
      title: 'What waits',
      panels: [
        {
          title: 'Calls in flight',
          description:
            'By method, at each scrape. A method that stays there is stuck or polled; one GetContainerEvents of a kubelet is normal and stays for good.',
          type: 'stacked',
          unit: 'short',
          width: 8,
          queries: [query(`sum by (rpc_method) (${of('cri_calls_in_flight')})`, '{{rpc_method}}')],
        },
        {
          title: 'Age of the oldest',
          description:
            'By method. A line that rises by a second each second is one call that does not come back: look for it on the agent’s page or with `critrace observe`.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          warnAt: 30,
          badAt: 120,
          queries: [
            query(`max by (rpc_method) (${of('cri_calls_in_flight_oldest_age_seconds')})`, '{{rpc_method}}'),
          ],
        },
        {
          title: 'Convoys',
          description:
            'Calls that ended together right after a longer one, by the method of the first: it suggests which call held up the others. The convoy’s span names them all.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          warnAt: 1,
          queries: [
            query(`sum by (rpc_method) (${increase('cri_convoys_total')})`, '{{rpc_method}} convoys'),
            query(
              `sum by (rpc_method) (${increase('cri_convoy_followers_total')})`,
              '{{rpc_method}} held up',
            ),
            query(
              `sum by (rpc_method) (${increase('cri_convoy_wait_seconds_total')})`,
              '{{rpc_method}} seconds waited',
            ),
          ],
        },
        {
          title: 'Given up and stuck',
          description:
            'Calls that were given up, by why, and calls that took longer than their method should. deadline: the runtime was too slow; cancelled: the client went away.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          warnAt: 1,
          queries: [
            query(
              `sum by (rpc_method, cause) (${increase('cri_given_up_calls_total')})`,
              '{{rpc_method}} {{cause}}',
            ),
            query(`sum by (rpc_method) (${increase('cri_stuck_calls_total')})`, '{{rpc_method}} stuck'),
            query(
              `sum by (rpc_method) (${increase('cri_deadline_exceeded_total')})`,
              '{{rpc_method}} deadline',
            ),
          ],
        },
        {
          title: 'Zombies and retries',
          description:
            'Given-up calls on which the runtime still worked, by what showed it, and the tries that followed. name_reserved: tries cannot succeed before the first is through; find what it waits for.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          warnAt: 1,
          queries: [
            query(
              `sum by (rpc_method, evidence) (${increase('cri_zombie_calls_total')})`,
              '{{rpc_method}} {{evidence}}',
            ),
            query(`sum by (rpc_method) (${increase('cri_retry_chains_total')})`, '{{rpc_method}} chains'),
            query(`sum by (rpc_method) (${increase('cri_retries_total')})`, '{{rpc_method}} retries'),
          ],
        },
        {
          title: 'Messages near the limit',
          description:
            'Messages near (none) or over the size that peers accept, by who refused them. Once refused, the call fails each time: remove dead containers, pods, images or large annotations.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          badAt: 1,
          queries: [
            query(
              `sum by (rpc_method, refused_by) (${increase('cri_message_limit_findings_total')})`,
              '{{rpc_method}} {{refused_by}}',
            ),
          ],
        },
      ],
    },
    {
      title: 'Calls',
      panels: [
        {
          title: 'Calls by method',
          description:
            'What the node is asked. ListContainers and ListPodSandbox each second are the kubelet’s relist; ExecSync are probes and hooks.',
          type: 'stacked',
          unit: 'reqps',
          width: 8,
          queries: [query(`sum by (rpc_method) (${rate(`${client}_count`)})`, '{{rpc_method}}')],
        },
        {
          title: 'Slowest 1 % by method',
          description:
            '99th percentile by method, with single calls as points: click one for its trace. Beside the kubelet’s own kubelet_runtime_operations_duration_seconds: what that shows more is the kubelet’s queue and gRPC client.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          queries: [withExemplars(quantile(0.99, client, 'rpc_method'), '{{rpc_method}}')],
        },
        {
          title: 'Errors by method and status',
          description:
            'As the client sees them. ContainerStatus NOT_FOUND is normal for a kubelet; DEADLINE_EXCEEDED, UNKNOWN and UNAVAILABLE are not.',
          type: 'timeseries',
          unit: 'reqps',
          width: 8,
          queries: [
            query(
              `sum by (rpc_method, error_type) (${rate(`${client}_count`, 'error_type!=""')})`,
              '{{rpc_method}} {{error_type}}',
            ),
          ],
        },
        {
          title: 'Rounds of the kubelet',
          description:
            'How long its loops take, 99th percentile. pleg_relist is the one that the node’s health rests on.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          badAt: 60,
          queries: [query(quantile(0.99, 'cri_round_duration_seconds', 'round'), '{{round}}')],
        },
        {
          title: 'Rounds: how often, how many calls, how many failed',
          description:
            'Relists more often than each second, or with many calls in each, cost CPU on both sides. Failed rounds mean that the kubelet works with an old picture.',
          type: 'timeseries',
          unit: 'ops',
          width: 8,
          queries: [
            query(`sum by (round) (${rate('cri_round_duration_seconds_count')})`, '{{round}}'),
            query(`sum by (round) (${rate('cri_round_calls_total')})`, '{{round}} calls'),
            query(`sum by (round) (${rate('cri_round_failed_total')})`, '{{round}} failed'),
            query(`sum(${rate('cri_relist_unhealthy_total')})`, 'relists that came too late'),
          ],
        },
        {
          title: 'What relists find',
          description:
            'Sandboxes and containers on the node, dead ones included. Many more containers than the node runs: garbage collection does not keep up.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          queries: [
            query(`sum by (what) (${of('cri_relist_items')})`, '{{what}}'),
            query(quantile(0.99, 'cri_list_items', 'rpc_method'), '{{rpc_method}} items'),
          ],
        },
        {
          title: 'Message bytes',
          description:
            'Bytes per second in requests and responses. Large responses of lists cost both sides; see which method.',
          type: 'timeseries',
          unit: 'Bps',
          width: 12,
          queries: [
            query(`sum by (rpc_method) (${rate('cri_response_size_bytes_sum')})`, '{{rpc_method}}'),
            query(`sum(${rate('cri_request_size_bytes_sum')})`, 'requests'),
          ],
        },
        {
          title: 'Restarts of containers and stops of pods',
          description:
            'Duration of a container made anew in a running pod, and of stopping a pod, 95th percentile. Stops as long as the grace period are programs that ignore SIGTERM.',
          type: 'timeseries',
          unit: 's',
          width: 12,
          queries: [
            withExemplars(
              quantile(0.95, 'cri_container_restart_duration_seconds', 'outcome'),
              'restart {{outcome}}',
            ),
            withExemplars(quantile(0.95, 'cri_pod_stop_duration_seconds', 'outcome'), 'stop {{outcome}}'),
          ],
        },
      ],
    },
    {
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
    },
    {
      title: 'The agent',
      panels: [
        {
          title: 'CPU and memory',
          description:
            'What critrace takes. Above a tenth of a core with few calls: send its counters (SIGUSR2) with a report.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          queries: [
            query(`sum by (instance) (${rate('process_cpu_seconds_total')})`, '{{instance}} cores'),
            query(
              `sum by (instance) (${of('process_resident_memory_bytes')}) / 1e6`,
              '{{instance}} megabytes',
            ),
            query(
              `time() - max by (instance) (${of('process_start_time_seconds')})`,
              '{{instance}} seconds up',
            ),
          ],
        },
        {
          title: 'Event loop',
          description:
            'How late its timers run, 99th percentile. Above 100 ms the proxy delays calls by as much; the tap loses nothing by it until its buffer is full.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          warnAt: 0.1,
          badAt: 1,
          queries: [query(quantile(0.99, 'critrace_event_loop_lag_seconds', 'instance'), '{{instance}}')],
        },
        {
          title: 'What is seen, and what waits to be',
          description:
            'Bytes decoded per second and bytes that wait. A buffer that fills means that critrace is too slow for this node: at 1 bytes are lost.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          queries: [
            query(`sum by (direction) (${rate('critrace_observed_bytes_total')})`, '{{direction}} bytes/s'),
            query(`max(${of('critrace_source_buffer_bytes')})`, 'bytes waiting'),
            query(`max(${of('critrace_source_buffer_fill_ratio')})`, 'fill'),
          ],
        },
        {
          title: 'What is not seen',
          description:
            'Bytes lost by where, connections not watched by why, boundaries lost, calls without a method. Each is also on the spans that it touches.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          warnAt: 1,
          queries: [
            query(`sum by (where) (${increase('critrace_lost_bytes_total')})`, 'bytes: {{where}}'),
            query(
              `sum by (reason) (${increase('critrace_connections_unobserved_total')})`,
              'connections: {{reason}}',
            ),
            query(`sum(${increase('critrace_http2_desyncs_total')})`, 'frame boundaries'),
            query(
              `sum by (method_source) (${increase('critrace_calls_total', 'method_source!="read"')})`,
              'calls: method {{method_source}}',
            ),
            query(`sum(${increase('critrace_calls_without_times_total')})`, 'calls: no times'),
            query(`sum(${increase('critrace_faults_total')})`, 'faults of critrace'),
          ],
        },
        {
          title: 'Bounds that were reached',
          description:
            'What a limit of critrace left out, by part. Now and then is harmless; all the time, this node is larger than critrace was made for.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          queries: [
            query(`sum by (part, limit) (${increase('critrace_limit_drops_total')})`, '{{part}} {{limit}}'),
            query(`sum by (metric) (${increase('critrace_metrics_folded_sets_total')})`, 'folded {{metric}}'),
          ],
        },
        {
          title: 'Export',
          description:
            'Spans offered and delivered, requests, and what waits on disk. A spool that grows: the collector is away or too slow.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          queries: [
            query(
              `sum by (exporter, result) (${rate('critrace_export_spans_total')})`,
              '{{exporter}} {{result}}',
            ),
            query(
              `sum by (exporter, reason) (${rate('critrace_export_dropped_spans_total')})`,
              '{{exporter}} dropped {{reason}}',
            ),
            query(
              `sum by (exporter, result) (${rate('critrace_export_requests_total')})`,
              '{{exporter}} requests {{result}}',
            ),
            query(`sum by (exporter) (${of('critrace_export_spooled_spans')})`, '{{exporter}} spooled'),
            query(`sum by (exporter) (${of('critrace_export_spool_bytes')}) / 1e6`, '{{exporter}} spool MB'),
          ],
        },
        {
          title: 'The collector is',
          description:
            '1 for its state. away: it does not answer; refusing: it answers and does not take the spans, see the agent’s log for its words.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          queries: [query(`max by (state) (${of('critrace_collector_state')})`, '{{state}}')],
        },
        {
          title: 'Connections and frames',
          description:
            'Connections watched now, new ones per second, HTTP/2 frames per second by type. malformed or lost frames mean bytes that were not seen.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          queries: [
            query(`sum(${of('critrace_connections_open')})`, 'open'),
            query(`sum(${rate('critrace_connections_total')})`, 'new per second'),
            query(`sum by (type) (${rate('critrace_http2_frames_total')})`, '{{type}}'),
          ],
        },
        {
          title: 'Findings',
          description:
            'What critrace told, by kind. Many symptoms per second: something is wrong with the runtime; see the rows above.',
          type: 'timeseries',
          unit: 'ops',
          width: 8,
          queries: [query(`sum by (kind) (${rate('critrace_findings_total')})`, '{{kind}}')],
        },
      ],
    },
  ],
};
