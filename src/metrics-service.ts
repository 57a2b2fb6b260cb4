import { isDeepStrictEqual } from 'node:util';
import { defaultUnreturnedLimits } from './calls/unreturned/limits.ts';
import type { Config } from './config/options.ts';
import { servesMetrics } from './config/rules.ts';
import { findMethod } from './cri/methods.ts';
import type { OtlpSettings } from './export/otlp-settings.ts';
import type { ExportLog } from './export/sink.ts';
import type { Clock } from './foundation/clock.ts';
import type { SystemTimers } from './foundation/timers.ts';
import type { Health } from './health.ts';
import { hostOf } from './host.ts';
import type { LiveSource } from './live-source.ts';
import { createMetricBook } from './metrics/book.ts';
import { createMetricsCounters } from './metrics/counters.ts';
import { type Endpoint, openEndpoint, type Page } from './metrics/endpoint.ts';
import { watchEventLoop } from './metrics/event-loop.ts';
import { classicType, openMetricsType, prefersOpenMetrics } from './metrics/exposition.ts';
import { type OtlpPush, openOtlpPush } from './metrics/otlp-push.ts';
import { createMetricsSink, type MetricsSink } from './metrics/sink.ts';
import { otlpSettingsOf } from './otlp-settings.ts';
import type { Pipeline } from './pipeline.ts';
import { isReady, type Readiness, readinessText } from './readiness.ts';

export interface MetricsServiceOptions {
  readonly config: Config;
  /** Of that configuration. */
  readonly way: PushWay | null;
  readonly version: string;
  readonly clock: Clock;
  readonly log: ExportLog;
  readonly health: Health;
  readonly readiness: Readiness;
  readonly pipeline: Pipeline;
  readonly timers: SystemTimers;
}

/** How the numbers go to a collector. */
export interface PushWay {
  readonly settings: OtlpSettings;
  readonly everyMs: number;
  readonly resource: Readonly<Record<string, string>>;
}

/** Null: they go to none. Throws ConfigError where a certificate cannot be read. */
export const pushWayOf = (config: Config, version: string): PushWay | null => {
  const address = config['otlp-endpoint'];
  if (!config['metrics-exporter'].includes('otlp') || address === null) return null;
  const { hostId, nodeName } = hostOf(config);
  return {
    settings: otlpSettingsOf(config, address),
    everyMs: config['metrics-interval'],
    resource: {
      'service.name': 'critrace',
      'service.version': version,
      'service.instance.id': hostId,
      'host.id': hostId,
      ...(nodeName === null ? {} : { 'k8s.node.name': nodeName }),
    },
  };
};

export interface MetricsService {
  readonly sink: MetricsSink;
  watching(source: LiveSource): void;
  /** Where the pages are; null: nowhere. */
  address(): string | null;
  /** Listens, and sends, where the configuration says now. */
  reconfigure(config: Config, way: PushWay | null): Promise<void>;
  close(): Promise<void>;
}

const collectorStates = ['unknown', 'up', 'away', 'refusing'] as const;

/** Nothing that concerns where the pages are has changed. */
const isSameServer = (one: Config, other: Config): boolean =>
  servesMetrics(one) === servesMetrics(other) &&
  one['metrics-host'] === other['metrics-host'] &&
  one['metrics-port'] === other['metrics-port'];

const plainText = 'text/plain; charset=utf-8';

/** The numbers of an agent, and the address where they are asked for. */
export const openMetricsService = async (options: MetricsServiceOptions): Promise<MetricsService> => {
  const { version, clock, log, health, readiness, pipeline, timers } = options;
  const book = createMetricBook();
  let current = options.config;
  const counters = createMetricsCounters();
  health.add('metrics', counters);
  const sink = createMetricsSink({
    book,
    clock,
    counters,
    recognises: (method) => findMethod(method) !== null,
    health: health.snapshot,
    inFlight: pipeline.inFlight,
    samplesRounds: () => current.sampling === 'rounds',
    messageLimitBytes: defaultUnreturnedLimits.messageLimitBytes,
  });
  const unwatchLoop = watchEventLoop(book, timers);
  const startedAt = Number(clock.now()) / 1e9 - process.uptime();
  let source: LiveSource | null = null;

  const collectProcess = (): void => {
    const { rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    book.replace('process_cpu_seconds_total', [{ labels: {}, value: (user + system) / 1e6 }]);
    book.replace('process_resident_memory_bytes', [{ labels: {}, value: rss }]);
    book.replace('process_start_time_seconds', [{ labels: {}, value: startedAt }]);
    const build = { version, node_version: process.versions.node };
    book.replace('critrace_build_info', [{ labels: build, value: 1 }]);
  };

  const collectStates = (): void => {
    book.replace('critrace_ready', [{ labels: {}, value: isReady(readiness) ? 1 : 0 }]);
    const collector = health.snapshot().collector;
    const state = typeof collector === 'object' && collector !== null ? collector.state : null;
    book.replace(
      'critrace_collector_state',
      state === null
        ? []
        : collectorStates.map((one) => ({ labels: { state: one }, value: one === state ? 1 : 0 })),
    );
    if (source === null) return;
    book.replace('critrace_source_info', [{ labels: { mode: source.mode }, value: 1 }]);
    const held = source.mode === 'proxy' ? source.counters.queuedBytes : source.counters.ringBytes;
    book.replace('critrace_source_buffer_fill_ratio', [{ labels: {}, value: held / source.bufferBytes }]);
  };

  const collect = (): void => {
    sink.collect();
    collectProcess();
    collectStates();
  };

  const metricsPage = async (accept: string | undefined): Promise<Page> => {
    collect();
    return prefersOpenMetrics(accept)
      ? { status: 200, type: openMetricsType, body: await book.openMetrics() }
      : { status: 200, type: classicType, body: await book.classic() };
  };
  const pages = {
    '/metrics': metricsPage,
    // That it answers is the answer: the loop that answers is the one that decodes.
    '/healthz': (): Page => ({ status: 200, type: plainText, body: 'ok\n' }),
    '/readyz': (): Page => ({
      status: isReady(readiness) ? 200 : 503,
      type: plainText,
      body: readinessText(readiness),
    }),
  };

  const open = async (config: Config): Promise<Endpoint | null> =>
    servesMetrics(config)
      ? openEndpoint({
          host: config['metrics-host'],
          port: config['metrics-port'],
          pages,
          counters,
          log,
          timers,
        })
      : null;
  const openPush = async (at: PushWay | null): Promise<OtlpPush | null> => {
    if (at !== null)
      return openOtlpPush({ ...{ book, collect, version, clock, counters, log, timers }, ...at });
    if (current['metrics-exporter'].includes('otlp'))
      log('warn', 'metrics go to no collector: otlp-endpoint is not set');
    return null;
  };
  let { way } = options;
  let endpoint = await open(current);
  let push = await openPush(way);

  return {
    sink,
    watching(live) {
      source = live;
    },
    address: () => endpoint?.address() ?? null,
    async reconfigure(config, next) {
      const before = current;
      current = config;
      if (!isSameServer(config, before)) {
        await endpoint?.close();
        endpoint = await open(config);
      }
      if (isDeepStrictEqual(next, way)) return;
      way = next;
      await push?.close();
      push = await openPush(next);
    },
    async close() {
      unwatchLoop();
      await Promise.all([endpoint?.close(), push?.close()]);
    },
  };
};
