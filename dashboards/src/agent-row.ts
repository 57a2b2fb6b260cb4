import { increase, of, perSecond, quantile, query, type RowPlan, rate, risen } from './dashboard-plan.ts';
import { timeseries } from './panels.ts';

/** What critrace itself takes, sees and loses. */
export const agentRow: RowPlan = {
  title: 'The agent',
  panels: [
    timeseries(
      'CPU and memory',
      'What critrace takes. Above a tenth of a core with few calls: send its counters (SIGUSR2) with a report.',
      { unit: 'short', width: 8 },
      [
        perSecond('process_cpu_seconds_total', 'instance', 'cores'),
        query(`sum by (instance) (${of('process_resident_memory_bytes')}) / 1e6`, '{{instance}} megabytes'),
        query(`time() - max by (instance) (${of('process_start_time_seconds')})`, '{{instance}} seconds up'),
      ],
    ),
    timeseries(
      'Event loop',
      'How late its timers run, 99th percentile. Above 100 ms the proxy delays calls by as much; the tap loses nothing by it until its buffer is full.',
      { unit: 's', width: 8, warnAt: 0.1, badAt: 1 },
      [query(quantile(0.99, 'critrace_event_loop_lag_seconds', 'instance'), '{{instance}}')],
    ),
    timeseries(
      'What is seen, and what waits to be',
      'Bytes decoded per second and bytes that wait. A buffer that fills means that critrace is too slow for this node: at 1 bytes are lost.',
      { unit: 'short', width: 8 },
      [
        perSecond('critrace_observed_bytes_total', 'direction', 'bytes/s'),
        query(`max(${of('critrace_source_buffer_bytes')})`, 'bytes waiting'),
        query(`max(${of('critrace_source_buffer_fill_ratio')})`, 'fill'),
      ],
    ),
    timeseries(
      'What is not seen',
      'Bytes lost by where, connections not watched and not wholly read by why, boundaries lost, calls without a method. Each is also on the spans that it touches. joined after a start of the agent is normal, and ends with the caller’s next connection; gap: give ring-size more room.',
      { unit: 'short', width: 8, warnAt: 1 },
      [
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
    ),
    timeseries(
      'Bounds that were reached',
      'What a limit of critrace left out, by part. Now and then is harmless; all the time, this node is larger than critrace was made for.',
      { unit: 'short', width: 8 },
      [
        risen('critrace_limit_drops_total', 'part, limit'),
        query(`sum by (metric) (${increase('critrace_metrics_folded_sets_total')})`, 'folded {{metric}}'),
      ],
    ),
    timeseries(
      'Export',
      'Spans offered and delivered, requests, and what waits on disk. A spool that grows: the collector is away or too slow.',
      { unit: 'short', width: 8 },
      [
        perSecond('critrace_export_spans_total', 'exporter, result'),
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
    ),
    timeseries(
      'The collector is',
      '1 for its state. away: it does not answer; refusing: it answers and does not take the spans, see the agent’s log for its words.',
      { unit: 'short', width: 8 },
      [query(`max by (state) (${of('critrace_collector_state')})`, '{{state}}')],
    ),
    timeseries(
      'Connections and frames',
      'Connections watched now, new ones per second, HTTP/2 frames per second by type. malformed or lost frames mean bytes that were not seen.',
      { unit: 'short', width: 8 },
      [
        query(`sum(${of('critrace_connections_open')})`, 'open'),
        query(`sum(${rate('critrace_connections_total')})`, 'new per second'),
        perSecond('critrace_http2_frames_total', 'type'),
      ],
    ),
    timeseries(
      'Findings',
      'What critrace told, by kind. Many symptoms per second: something is wrong with the runtime; see the rows above.',
      { unit: 'ops', width: 8 },
      [perSecond('critrace_findings_total', 'kind')],
    ),
  ],
};
