import { createCallSpans } from './call-spans.ts';
import type { Config } from './config/options.ts';
import { loadSchema } from './cri/schema.ts';
import type { ExportLog, Sink } from './export/sink.ts';
import { createHealth, type Health } from './health.ts';
import { hostOf } from './host.ts';
import { observe } from './observe.ts';
import { createPipeline } from './pipeline.ts';
import { openSinks } from './sinks.ts';
import type { ProxySource } from './source/proxy/proxy.ts';
import { createSpanCounters } from './spans/limits.ts';

export interface AgentOptions {
  readonly config: Config;
  /** For the variables of OpenTelemetry that are no options of critrace. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly log: ExportLog;
  /** Sinks beside those of the configuration. */
  readonly extraSinks?: readonly Sink[];
  /** Takes its place only when everything behind it is ready. */
  readonly openSource: (identity: string) => Promise<ProxySource>;
}

export interface Agent {
  readonly health: Health;
  /** Resolves when the source has ended by itself or after `stop`; rejects when observing failed. */
  readonly ended: Promise<void>;
  /** Observes no more, hands on what is held within `stop-timeout`, and then leaves the path. */
  stop(): Promise<void>;
}

const within = async (ms: number, work: Promise<unknown>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const done = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return done;
};

/**
 * The composition root: every concrete part is chosen here. Parts start from the sinks backwards, so that nothing is
 * observed that nobody takes, and stop in the opposite order.
 */
export const startAgent = async ({
  config,
  environment,
  version,
  log,
  openSource,
  extraSinks = [],
}: AgentOptions): Promise<Agent> => {
  const health = createHealth();
  const host = hostOf(config);

  // Fatal: the schema is part of the program.
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  health.add('pipeline', pipeline.counters);
  const spanCounters = createSpanCounters();
  health.add('spans', spanCounters);

  // Fatal where a file that was asked for cannot be written; a collector that is away is not: spans wait for it.
  const sinks: readonly Sink[] = [
    ...(await openSinks({ config, environment, version, health, log })),
    ...extraSinks,
  ];
  if (sinks.length === 0) {
    log('warn', 'nothing takes the spans: neither otlp-endpoint nor store-dir is set');
  }

  let source: ProxySource;
  try {
    // Fatal: without its place in the path there is nothing to see. Callers' names missing is not.
    source = await openSource(host.hostId);
  } catch (error) {
    await Promise.all(sinks.map((sink) => sink.close()));
    throw error;
  }
  health.add('proxy', source.counters);

  const spansOf = createCallSpans({
    identity: source.identity,
    host,
    mode: 'proxy',
    version,
    counters: spanCounters,
  });
  const ended = (async () => {
    for await (const batch of observe(source, pipeline, spansOf)) {
      for (const sink of sinks) sink.findings(batch);
    }
  })();
  // Who stops the agent hears of it from `ended` as well.
  ended.catch(() => undefined);

  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    await source.stop();
    await ended.catch(() => undefined);
    const flushed = await within(config['stop-timeout'], Promise.all(sinks.map((sink) => sink.close())));
    if (!flushed)
      log('warn', `not all was handed on within stop-timeout; what the spool holds is sent by the next run`);
    await source.close();
  };
  return {
    health,
    ended,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
};
