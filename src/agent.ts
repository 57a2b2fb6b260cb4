import { isDeepStrictEqual } from 'node:util';
import { createCallSpans } from './call-spans.ts';
import type { Config } from './config/options.ts';
import { loadSchema } from './cri/schema.ts';
import { createLateNameCounters, withLateNames } from './export/late-names.ts';
import {
  createRoundSampling,
  createSamplingCounters,
  defaultSamplingLimits,
  isSampledLater,
} from './export/round-sampling.ts';
import type { Exported, ExportLog, Sink } from './export/sink.ts';
import type { Clock } from './foundation/clock.ts';
import { scrubText } from './foundation/scrub.ts';
import { type Nanos, nanosPerMillisecond } from './foundation/time.ts';
import type { SystemTimers } from './foundation/timers.ts';
import { createHealth, type Health } from './health.ts';
import { heartbeatMs } from './heartbeat.ts';
import { hostOf, sharedAttributes } from './host.ts';
import type { KernelEvent } from './kernel/kernel-event.ts';
import type { LiveSource } from './live-source.ts';
import { type MetricsService, openMetricsService, pushWayOf } from './metrics-service.ts';
import { observe, type SpansOf } from './observe.ts';
import { openPageService } from './page-service.ts';
import { createPipeline } from './pipeline.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { openSinks } from './sinks.ts';
import type { Source } from './source/source.ts';
import type { HostFacts } from './spans/host.ts';
import { createSpanCounters } from './spans/limits.ts';

export interface AgentOptions {
  readonly config: Config;
  /** For the variables of OpenTelemetry that are no options of critrace. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** The source's own: by it calls are found that are stuck while nothing happens. */
  readonly clock: Clock;
  /** Of the source too: who waits for others is woken together with them. */
  readonly timers: SystemTimers;
  readonly log: ExportLog;
  /** Sinks beside those of the store and the collector, as the configuration asks for them now. */
  readonly extraSinks?: (config: Config) => readonly Sink[];
  /** Takes its place only when everything behind it is ready. */
  readonly openSource: (identity: string, readiness: Readiness) => Promise<LiveSource>;
}

export interface Agent {
  readonly health: Health;
  /** Where `/metrics`, `/healthz` and `/readyz` are; null: nowhere. */
  metricsAddress(): string | null;
  /** Takes up what can change while it runs; all else of it is passed over. Throws ConfigError, and nothing has changed. */
  reconfigure(config: Config): Promise<void>;
  /** Where the page is; null: nowhere. */
  pageUrl(): string | null;
  /** Resolves when the source has ended by itself or after `stop`; rejects when observing failed. */
  readonly ended: Promise<void>;
  /**
   * Hands on what is held while calls are still watched, then observes no more, hands on the last within
   * `stop-timeout`, and leaves the path at the very end.
   */
  stop(): Promise<void>;
}

const nanosOf = (milliseconds: number): Nanos => BigInt(Math.round(milliseconds)) * nanosPerMillisecond;

const identityOptions = ['node-name', 'cluster-name', 'resource-attributes'] as const;

/** The same source, with its kernel events shown on their way. */
const withKernelEvents = (source: LiveSource, seen: (event: KernelEvent, at: Nanos) => void): Source => ({
  identity: source.identity,
  async *events() {
    for await (const batch of source.events()) {
      for (const event of batch) if (event.kind === 'kernel') seen(event.event, event.seen.at);
      yield batch;
    }
  },
  stop: () => source.stop(),
});

/** Faults that are logged; all are counted. */
const maxToldFaults = 10;

const within = async (ms: number, work: Promise<unknown>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const done = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return done;
};

/** What stands on all resources, said where it is not only the machine's own. */
const tellHost = (config: Config, log: ExportLog): HostFacts => {
  const { shared, leftOut } = sharedAttributes(config['resource-attributes']);
  const taken = Object.keys(shared);
  if (taken.length > 0) log('info', `on all resources: ${taken.join(', ')}`);
  if (leftOut.length > 0)
    log('info', `of critrace and not of what it watches, so on no resource: ${leftOut.join(', ')}`);
  return hostOf(config);
};

/**
 * The composition root: every concrete part is chosen here. Parts start from the sinks backwards, so that nothing is
 * observed that nobody takes, and stop in the opposite order.
 */
export const startAgent = async ({
  config,
  environment,
  version,
  clock,
  timers,
  log,
  openSource,
  extraSinks = () => [],
}: AgentOptions): Promise<Agent> => {
  const health = createHealth();
  let current = config;
  let host = tellHost(config, log);

  // Fatal: the schema is part of the program.
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  health.add('pipeline', pipeline.counters);
  const spanCounters = createSpanCounters();
  health.add('spans', spanCounters);

  const readiness = createReadiness();
  readiness.set('observer', 'starting');
  const openMetrics = async (of: Config): Promise<MetricsService | null> =>
    of['metrics-exporter'] === 'none'
      ? null
      : openMetricsService({
          ...{ config: of, way: pushWayOf(of, version), version },
          ...{ clock, log, health, readiness, pipeline, timers },
        });
  // Not fatal: an address that is taken is tried again.
  let metrics = await openMetrics(config);

  // Fatal where a file that was asked for cannot be written; a collector that is away is not: spans wait for it.
  const sinks = await openSinks({
    config,
    current: () => current,
    ...{ environment, version, health, log, timers },
  });
  let extra = extraSinks(config);
  const allSinks = (): readonly Sink[] => [...sinks.all(), ...extra];
  if (allSinks().length === 0) {
    log('warn', 'nothing takes the spans: neither otlp-endpoint nor store-dir is set');
  }
  // Fatal where it would be open to others; an address that is taken is not.
  const page = await openPageService({ config, version, clock, log, health, pipeline, readiness, timers });

  let source: LiveSource;
  try {
    // Fatal: without its place in the path there is nothing to see. Callers' names missing is not.
    source = await openSource(host.hostId, readiness);
  } catch (error) {
    await Promise.all([...allSinks().map((sink) => sink.close()), metrics?.close(), page.close()]);
    throw error;
  }
  health.add(source.mode, source.counters);
  page.watching(source);
  metrics?.watching(source);

  const spansOf = createCallSpans({
    identity: source.identity,
    get host() {
      return host;
    },
    mode: source.mode,
    version,
    counters: spanCounters,
  });
  const samplingCounters = createSamplingCounters();
  health.add('sampling', samplingCounters);
  const sampled = createRoundSampling(
    {
      ...defaultSamplingLimits,
      get keepsAll() {
        return current.sampling === 'all';
      },
      get intervalNs() {
        return nanosOf(current['round-interval']);
      },
      get slowNs() {
        return nanosOf(current['round-slow']);
      },
    },
    (finding) => spansOf(finding, null),
    samplingCounters,
  );
  const spansAtOnce: SpansOf = (finding, endOfInput) =>
    current.sampling === 'rounds' && isSampledLater(finding) ? [] : spansOf(finding, endOfInput);
  const observer = { faults: 0 };
  health.add('observer', observer);
  /** The calls pass through this process: no fault of the observer may end it. */
  const fault = (error: unknown, where: string): void => {
    observer.faults += 1;
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (observer.faults <= maxToldFaults)
      log('error', `a fault of critrace itself, ${where}: ${scrubText(what)}`);
  };
  const take = (sink: Sink, batch: readonly Exported[]): void => {
    try {
      sink.findings(batch);
    } catch (error) {
      fault(error, 'the spans of some calls are lost');
    }
  };
  const unobserved = (error: unknown, connection: number | null): void =>
    fault(error, connection === null ? 'at the end' : `connection ${connection} is no longer observed`);
  const lateNames = createLateNameCounters();
  health.add('lateNames', lateNames);
  const found = observe(
    withKernelEvents(source, (event, at) => metrics?.sink.kernel(event, at)),
    pipeline,
    spansAtOnce,
    {
      onFault: unobserved,
      heartbeat: { clock, timers, everyMs: heartbeatMs },
    },
  );
  const ended = (async () => {
    for await (const batch of withLateNames(found, lateNames)) {
      const wanted = sampled(batch);
      for (const sink of allSinks()) take(sink, wanted);
      const shown = page.sink();
      if (shown !== null) take(shown, wanted);
      // Numbers are of all calls, also of those whose spans are left out.
      if (metrics !== null) take(metrics.sink, batch);
    }
  })();
  readiness.set('observer', null);
  // Who stops the agent hears of it from `ended` as well.
  ended.catch(() => undefined).then(() => readiness.set('observer', 'no longer watches'));

  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    // The collector may take its time, and calls pass meanwhile: they are watched until there is little left to send.
    const timeout = current['stop-timeout'];
    readiness.set('observer', 'stopping');
    await within(timeout / 4, Promise.all(allSinks().map((sink) => sink.flush())));
    await source.stop();
    await ended.catch(() => undefined);
    const flushed = await within((timeout * 3) / 4, Promise.all(allSinks().map((sink) => sink.close())));
    if (!flushed)
      log('warn', `not all was handed on within stop-timeout; what the spool holds is sent by the next run`);
    await Promise.all([source.close(), within(timeout, metrics?.close() ?? Promise.resolve()), page.close()]);
  };
  return {
    health,
    async reconfigure(next) {
      // First what can be refused.
      const way = pushWayOf(next, version);
      const turnPage = await page.prepare(next);
      await sinks.reconfigure(next);
      const before = current;
      current = next;
      extra = extraSinks(next);
      if (identityOptions.some((name) => !isDeepStrictEqual(next[name], before[name])))
        host = tellHost(next, log);
      await turnPage();
      if ((next['metrics-exporter'] === 'none') === (metrics === null)) await metrics?.reconfigure(next, way);
      else {
        const gone = metrics;
        metrics = null;
        await gone?.close();
        metrics = await openMetrics(next);
        metrics?.watching(source);
      }
    },
    metricsAddress: () => metrics?.address() ?? null,
    pageUrl: () => page.url(),
    ended,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
};
