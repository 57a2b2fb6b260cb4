import { increase, of, quantile, query, type RowPlan, rate } from './dashboard-plan.ts';

/** What critrace itself takes, sees and loses. */
export const agentRow: RowPlan = {
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
        query(`sum by (instance) (${of('process_resident_memory_bytes')}) / 1e6`, '{{instance}} megabytes'),
        query(`time() - max by (instance) (${of('process_start_time_seconds')})`, '{{instance}} seconds up'),
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
        'Bytes lost by where, connections not watched and not wholly read by why, boundaries lost, calls without a method. Each is also on the spans that it touches. joined after a start of the agent is normal, and ends with the caller’s next connection; gap: give ring-size more room.',
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
        query(
          `sum by (reason, caller) (${increase('cri_connections_impaired_total')})`,
          'connections of {{caller}}: {{reason}}',
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
};
