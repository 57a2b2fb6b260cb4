import type { Config } from './config/options.ts';
import { exportAddress } from './config/rules.ts';
import { createExportCounters } from './export/counters.ts';
import { defaultSpoolLimits } from './export/limits.ts';
import { loadOtel } from './export/otel.ts';
import { createOtlpTransport } from './export/otlp-grpc.ts';
import { createOtlpJsonLine } from './export/otlp-json.ts';
import { createToReadable, defaultAttributeLimits } from './export/otlp-span.ts';
import type { Exported, ExportLog, Sink } from './export/sink.ts';
import { createSpool } from './export/spool.ts';
import { systemTimers } from './export/timers.ts';
import type { Health } from './health.ts';
import { otlpSettingsOf } from './otlp-settings.ts';

/** The sinks that the configuration asks for; their counters become part of the health. */
export const openSinks = async (
  config: Config,
  version: string,
  health: Health,
  log: ExportLog,
): Promise<readonly Sink[]> => {
  const address = exportAddress(config);
  const storeDir = config['store-dir'];
  if (address === null && storeDir === null) return [];
  const counters = createExportCounters();
  health.add('export', counters);
  const toReadable = createToReadable(await loadOtel(), version, defaultAttributeLimits, counters);
  const line = await createOtlpJsonLine(toReadable);
  const sinks: Sink[] = [];
  if (address !== null) {
    const settings = otlpSettingsOf(config, address);
    const spool = await createSpool({
      directory: config['spool-dir'],
      transport: await createOtlpTransport(settings, toReadable, `critrace/${version}`, log),
      line,
      limits: {
        ...defaultSpoolLimits,
        requestSpans: config['otlp-batch'],
        delayMs: config['otlp-delay'],
        memorySpans: config['spool-spans'],
        diskBytes: config['spool-disk'],
        // The connection is closed after the last try, which takes its part of the time.
        closeMs: config['stop-timeout'] / 2,
      },
      counters,
      timers: systemTimers,
      random: Math.random,
      log,
    });
    health.add('collector', {
      get state() {
        return spool.collector();
      },
    });
    sinks.push({
      findings: (batch: readonly Exported[]) => spool.offer(batch.flatMap(({ spans }) => spans)),
      ready: spool.ready,
      flush: spool.flush,
      close: spool.close,
    });
  }
  return sinks;
};
