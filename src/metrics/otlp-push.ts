import type { OtlpSettings } from '../export/otlp-settings.ts';
import type { ExportLog } from '../export/sink.ts';
import type { Clock } from '../foundation/clock.ts';
import { toHrTime } from '../foundation/time.ts';
import type { Timers } from '../foundation/timers.ts';
import type { MetricBook } from './book.ts';
import type { MetricsCounters } from './counters.ts';
import { otlpDataOf } from './otlp-data.ts';

export interface OtlpPushOptions {
  readonly book: MetricBook;
  /** Before the series are read. */
  readonly collect: () => void;
  readonly settings: OtlpSettings;
  readonly everyMs: number;
  /** Of critrace itself: these are its numbers. */
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly counters: MetricsCounters;
  readonly log: ExportLog;
}

export interface OtlpPush {
  /** Sends once more what stands now. */
  close(): Promise<void>;
}

/**
 * The same series to a collector, all of them, every so often. Nothing waits for a collector that is away: sums are
 * since the start, so the next request says what this one could not.
 */
export const openOtlpPush = async (options: OtlpPushOptions): Promise<OtlpPush> => {
  const { book, collect, settings, everyMs, clock, timers, counters, log, version } = options;
  const [{ OTLPMetricExporter }, { metrics: sdk, resources }, { Metadata, credentials }] = await Promise.all([
    import('@opentelemetry/exporter-metrics-otlp-grpc'),
    import('@opentelemetry/sdk-node'),
    import('@grpc/grpc-js'),
  ]);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(settings.headers)) metadata.set(name, value);
  const { tls } = settings;
  const exporter = new OTLPMetricExporter({
    url: settings.endpoint.replace(/^unix:\/{0,2}\//i, 'unix:///'),
    metadata,
    credentials:
      tls === null
        ? credentials.createInsecure()
        : credentials.createSsl(tls.rootCertificate, tls.clientKey, tls.clientCertificate),
    timeoutMillis: settings.timeoutMs,
  });
  const data = {
    sdk,
    version,
    resource: resources.resourceFromAttributes(options.resource),
    start: toHrTime(clock.now()),
  };
  let failing = false;
  let closed = false;
  let cancel: () => void = () => undefined;

  const send = async (): Promise<void> => {
    collect();
    const request = otlpDataOf(await book.read(), toHrTime(clock.now()), data);
    await new Promise<void>((resolve) => {
      exporter.export(request, ({ code, error }) => {
        counters.pushes += 1;
        if (code !== 0) counters.failedPushes += 1;
        if (code !== 0 && !failing)
          log('warn', `the collector does not take the metrics: ${error?.message ?? code}`);
        if (code === 0 && failing) log('info', 'the collector takes the metrics again');
        failing = code !== 0;
        resolve();
      });
    });
  };
  const sendOn = (): void => {
    cancel = timers.after(everyMs, () => {
      send()
        .catch((error: unknown) =>
          log('error', `a fault of critrace itself, metrics could not be sent: ${error}`),
        )
        .finally(() => {
          if (!closed) sendOn();
        });
    });
  };
  sendOn();
  return {
    async close() {
      closed = true;
      cancel();
      await send().catch(() => undefined);
      await exporter.shutdown().catch(() => undefined);
    },
  };
};
