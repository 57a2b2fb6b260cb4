import { defaultUnreturnedLimits } from './calls/unreturned/limits.ts';
import type { Config } from './config/options.ts';
import { servesMetrics } from './config/rules.ts';
import { findMethod } from './cri/methods.ts';
import type { ExportLog, Sink } from './export/sink.ts';
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
import { createMetricsSink } from './metrics/sink.ts';
import { otlpSettingsOf } from './otlp-settings.ts';
import type { Pipeline } from './pipeline.ts';
import { isReady, type Readiness, readinessText } from './readiness.ts';
import type { Source } from './source/source.ts';

export interface MetricsServiceOptions {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  readonly log: ExportLog;
  readonly health: Health;
  readonly readiness: Readiness;
  readonly pipeline: Pipeline;
  readonly timers: SystemTimers;
}

export interface MetricsService {
  readonly sink: Sink;
  /** The same source, with its kernel events counted on their way. */
  watching(source: LiveSource): Source;
  /** Where the pages are; null: nowhere. */
  address(): string | null;
  /** Listens where the configuration says now. */
  reconfigure(config: Config): Promise<void>;
  close(): Promise<void>;
}

const collectorStates = ['unknown', 'up', 'away', 'refusing'] as const;

/** Nothing that concerns where the numbers go has changed. */
const isSameWay = (one: Config, other: Config): boolean =>
  (['metrics-exporter', 'metrics-host', 'metrics-port', 'metrics-interval'] as const).every(
    (name) => one[name] === other[name],
  );

const plainText = 'text/plain; charset=utf-8';

/** The numbers of an agent, and the address where they are asked for. */
export const openMetricsService = async (options: MetricsServiceOptions): Promise<MetricsService> => {
  const { version, clock, log, health, readiness, pipeline, timers } = options;
  const book = createMetricBook();
  const counters = createMetricsCounters();
  health.add('metrics', counters);
  const sink = createMetricsSink({
    book,
    clock,
    counters,
    recognises: (method) => findMethod(method) !== null,
    health: health.snapshot,
    inFlight: pipeline.inFlight,
    samplesRounds: options.config.sampling === 'rounds',
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
    if (state !== null)
      book.replace(
        'critrace_collector_state',
        collectorStates.map((one) => ({ labels: { state: one }, value: one === state ? 1 : 0 })),
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
  const openPush = async (config: Config): Promise<OtlpPush | null> => {
    const address = config['otlp-endpoint'];
    if (!config['metrics-exporter'].includes('otlp')) return null;
    if (address === null) {
      log('warn', 'metrics go to no collector: otlp-endpoint is not set');
      return null;
    }
    const { hostId, nodeName } = hostOf(config);
    return openOtlpPush({
      ...{ book, collect, version, clock, counters, log },
      settings: otlpSettingsOf(config, address),
      everyMs: config['metrics-interval'],
      resource: {
        'service.name': 'critrace',
        'service.version': version,
        'service.instance.id': hostId,
        'host.id': hostId,
        ...(nodeName === null ? {} : { 'k8s.node.name': nodeName }),
      },
      timers,
    });
  };
  let current = options.config;
  let endpoint = await open(current);
  let push = await openPush(current);

  return {
    sink,
    watching(live) {
      source = live;
      async function* events() {
        for await (const batch of live.events()) {
          for (const event of batch) if (event.kind === 'kernel') sink.kernel(event.event, event.seen.at);
          yield batch;
        }
      }
      return { identity: live.identity, events, stop: () => live.stop() };
    },
    address: () => endpoint?.address() ?? null,
    async reconfigure(config) {
      if (isSameWay(config, current)) return;
      current = config;
      await Promise.all([endpoint?.close(), push?.close()]);
      endpoint = await open(config);
      push = await openPush(config);
    },
    async close() {
      unwatchLoop();
      await Promise.all([endpoint?.close(), push?.close()]);
    },
  };
};
