import { counter, gauge, histogram } from './instrument.ts';

const lagBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

/** What critrace says of itself: what it saw, what it lost, what it takes. */
export const agentInstruments = {
  critrace_build_info: gauge('1, with the versions of critrace and Node.js as labels.', [
    'version',
    'node_version',
  ]),
  critrace_source_info: gauge('1, with how the calls are watched as label.', ['mode']),
  critrace_ready: gauge('1 while /readyz says that calls can be seen, else 0.'),
  critrace_observed_bytes_total: counter('Bytes of CRI connections that were decoded.', ['direction'], {
    unit: 'bytes',
  }),
  critrace_lost_bytes_total: counter(
    'Bytes of CRI connections that were not seen, by where they were lost.',
    ['where'],
    {
      unit: 'bytes',
    },
  ),
  critrace_connections_total: counter('Connections that were watched.'),
  critrace_connections_open: gauge('Connections that are watched now.'),
  critrace_connections_unobserved_total: counter('Connections that were not watched, by why.', ['reason']),
  critrace_source_buffer_bytes: gauge('Bytes that wait between the source and the decoder.', [], {
    unit: 'bytes',
  }),
  critrace_source_buffer_fill_ratio: gauge(
    'The same as a part of what the buffer holds; at 1 bytes are lost.',
    [],
    {
      unit: 'ratio',
    },
  ),
  critrace_http2_frames_total: counter('HTTP/2 frames, by type.', ['type']),
  critrace_http2_desyncs_total: counter('Times that a frame boundary was lost.'),
  critrace_calls_total: counter('Calls that ended, by how their method is known.', ['method_source']),
  critrace_calls_without_times_total: counter('Calls that were seen and have no duration to tell.'),
  critrace_findings_total: counter('Findings of all kinds, with their revisions.', ['kind']),
  critrace_faults_total: counter('Faults of critrace itself, each of which cost the rest of a connection.'),
  critrace_limit_drops_total: counter('What a bound of critrace left out, by part and bound.', [
    'part',
    'limit',
  ]),
  critrace_export_spans_total: counter('Spans, by where they were to go and what became of them.', [
    'exporter',
    'result',
  ]),
  critrace_export_dropped_spans_total: counter('Spans that were given up, by why.', ['exporter', 'reason']),
  critrace_export_requests_total: counter('Requests to the collector.', ['exporter', 'result']),
  critrace_export_spooled_spans: gauge('Spans that wait on disk for the collector.', ['exporter']),
  critrace_export_spool_bytes: gauge('Bytes of the spool on disk.', ['exporter'], { unit: 'bytes' }),
  critrace_collector_state: gauge('1 for the state that the collector is in, 0 for the others.', ['state']),
  critrace_event_loop_lag_seconds: histogram(
    'How late the event loop came, each time that it waited for a timer: several times a second.',
    [],
    lagBuckets,
  ),
  critrace_metrics_folded_sets_total: counter('Sets of label values that were folded into one, by metric.', [
    'metric',
  ]),
  process_cpu_seconds_total: counter('CPU time of the agent.', [], { unit: 'seconds' }),
  process_resident_memory_bytes: gauge('Resident memory of the agent.', [], { unit: 'bytes' }),
  process_start_time_seconds: gauge('When the agent started, seconds since the Unix epoch.', [], {
    unit: 'seconds',
  }),
} as const;
