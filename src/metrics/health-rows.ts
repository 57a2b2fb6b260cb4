import type { InstrumentName, LabelsOf, NameOf } from './instruments/table.ts';

export type HealthName = NameOf<'counter' | 'gauge'>;

/** One series: its labels, and the counter in the health that it shows. */
export interface HealthRow<Name extends InstrumentName> {
  readonly labels: LabelsOf<Name>;
  readonly from: string;
}

type Rows = { readonly [Name in HealthName]?: readonly HealthRow<Name>[] };

/** Counters of one layer that say what a bound left out, under their own names. */
const limits = (
  part: string,
  path: string,
  names: readonly string[],
): readonly HealthRow<'critrace_limit_drops_total'>[] =>
  names.map((limit) => ({ labels: { part, limit }, from: `${path}.${limit}` }));

const frames = (
  types: Readonly<Record<string, string>>,
): readonly HealthRow<'critrace_http2_frames_total'>[] =>
  Object.entries(types).map(([type, name]) => ({ labels: { type }, from: `pipeline.http2.${name}` }));

const spans = (
  exporter: string,
  part: string,
  results: Readonly<Record<string, string>>,
): readonly HealthRow<'critrace_export_spans_total'>[] =>
  Object.entries(results).map(([result, name]) => ({
    labels: { exporter, result },
    from: `${part}.${name}`,
  }));

const drops = (
  exporter: string,
  part: string,
  reasons: Readonly<Record<string, string>>,
): readonly HealthRow<'critrace_export_dropped_spans_total'>[] =>
  Object.entries(reasons).map(([reason, name]) => ({
    labels: { exporter, reason },
    from: `${part}.${name}`,
  }));

/** Which counters of the health are metrics. A layer that is not there (the tap, while the proxy is) has no series. */
export const healthRows: Rows = {
  critrace_observed_bytes_total: [
    { labels: { direction: 'request' }, from: 'pipeline.http2.requestBytes' },
    { labels: { direction: 'response' }, from: 'pipeline.http2.responseBytes' },
  ],
  critrace_lost_bytes_total: [
    { labels: { where: 'source' }, from: 'proxy.lostBytes' },
    { labels: { where: 'source' }, from: 'tap.lostBytes' },
    { labels: { where: 'unobserved_connections' }, from: 'proxy.unobservedBytes' },
    { labels: { where: 'decoder' }, from: 'pipeline.http2.lostBytes' },
  ],
  critrace_connections_total: [{ labels: {}, from: 'pipeline.source.connections' }],
  critrace_connections_open: [{ labels: {}, from: 'pipeline.source.openNow' }],
  critrace_connections_unobserved_total: [
    { labels: { reason: 'observer_behind' }, from: 'proxy.unobservedConnections' },
    { labels: { reason: 'kernel_table_full' }, from: 'tap.unwatched' },
    { labels: { reason: 'over_limit' }, from: 'pipeline.source.overConnectionLimit' },
    { labels: { reason: 'not_http2' }, from: 'pipeline.http2.otherConnections' },
  ],
  critrace_source_buffer_bytes: [
    { labels: {}, from: 'proxy.queuedBytes' },
    { labels: {}, from: 'tap.ringBytes' },
  ],
  critrace_http2_frames_total: frames({
    data: 'dataFrames',
    headers: 'headersFrames',
    rst_stream: 'rstStreamFrames',
    settings: 'settingsFrames',
    ping: 'pingFrames',
    goaway: 'goawayFrames',
    window_update: 'windowUpdateFrames',
    continuation: 'continuationFrames',
    unknown: 'unknownFrames',
    malformed: 'malformedFrames',
    lost: 'lostFrames',
  }),
  critrace_http2_desyncs_total: [{ labels: {}, from: 'pipeline.http2.desyncs' }],
  critrace_calls_without_times_total: [{ labels: {}, from: 'spans.callsWithoutTimes' }],
  critrace_faults_total: [{ labels: {}, from: 'observer.faults' }],
  critrace_limit_drops_total: [
    ...limits('http2', 'pipeline.http2', [
      'headerBlocksOverLimit',
      'headerListsOverLimit',
      'headerStringsOverLimit',
      'headerTableEvictionsOverLimit',
      'settingsOverLimit',
      'resyncCandidatesOverLimit',
    ]),
    ...limits('grpc', 'pipeline.grpc', ['callsRefused', 'callsAbandoned', 'messagesTooLarge']),
    ...limits('cri', 'pipeline.cri', [
      'overItemBytes',
      'overKeptBytes',
      'overItems',
      'overTextBytes',
      'overKeptMessages',
      'overInflated',
    ]),
    ...limits('negotiations', 'pipeline.negotiations', ['processesForgotten']),
    ...limits('pods', 'pipeline.pods', ['evicted', 'phasesDropped', 'inFlightDropped']),
    ...limits('waits', 'pipeline.waits', ['heldDropped']),
    ...limits('unreturned', 'pipeline.unreturned', [
      'openCallsOverLimit',
      'chainsForgotten',
      'endpointsForgotten',
      'burstCallsOverLimit',
    ]),
    ...limits('metrics', 'metrics', ['runningPluginsOverLimit', 'frozenCgroupsOverLimit']),
  ],
  critrace_export_spans_total: [
    ...spans('otlp', 'otlp', {
      offered: 'offered',
      delivered: 'delivered',
      sampled_out: 'sampledOut',
      revised: 'revised',
      recovered: 'recovered',
    }),
    ...spans('store', 'store', { offered: 'offered', delivered: 'fileSpans' }),
  ],
  critrace_export_dropped_spans_total: [
    ...drops('otlp', 'otlp', {
      queue_full: 'droppedQueueFull',
      spool_full: 'droppedSpoolFull',
      refused: 'droppedRefused',
      rejected: 'rejected',
      too_large: 'droppedTooLarge',
      corrupt: 'droppedCorrupt',
      shutdown: 'droppedAtShutdown',
      crash: 'lostInCrash',
    }),
    ...drops('store', 'store', { file: 'fileDropped' }),
  ],
  critrace_export_requests_total: [
    { labels: { exporter: 'otlp', result: 'sent' }, from: 'otlp.requests' },
    { labels: { exporter: 'otlp', result: 'retried' }, from: 'otlp.retries' },
  ],
  critrace_export_spooled_spans: [{ labels: { exporter: 'otlp' }, from: 'otlp.spooledSpans' }],
  critrace_export_spool_bytes: [{ labels: { exporter: 'otlp' }, from: 'otlp.spoolBytes' }],
};

export const healthNames = Object.keys(healthRows).filter((name): name is keyof Rows => name in healthRows);
