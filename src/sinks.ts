import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './config/error.ts';
import type { Config } from './config/options.ts';
import { exportAddress } from './config/rules.ts';
import { createExportCounters } from './export/counters.ts';
import { defaultFileLimits, openFileSink } from './export/file.ts';
import { defaultSpoolLimits } from './export/limits.ts';
import { loadOtel } from './export/otel.ts';
import { attributeLimits } from './export/otel-environment.ts';
import { createOtlpJsonLine } from './export/otlp-json.ts';
import type { SettingProblem } from './export/otlp-settings.ts';
import { openOtlpSink } from './export/otlp-sink.ts';
import { createToReadable, defaultAttributeLimits } from './export/otlp-span.ts';
import type { ExportLog, Sink } from './export/sink.ts';
import { systemClock } from './foundation/clock.ts';
import type { Timers } from './foundation/timers.ts';
import type { Health } from './health.ts';
import { otlpSettingsOf } from './otlp-settings.ts';

export interface SinkOptions {
  readonly config: Config;
  /** What counts now, of what can change while it runs. */
  readonly current: () => Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly health: Health;
  readonly log: ExportLog;
  readonly timers: Timers;
}

/** The file in `store-dir` that is being written; closed ones lie beside it. */
export const storeFile = (storeDir: string): string => join(storeDir, 'traces.jsonl');

const unusable = ({ variable, value, allowed }: SettingProblem): ConfigError =>
  new ConfigError(
    `${variable}: "${value}" cannot be used; allowed: ${allowed} (set by env ${variable})`,
    `unset ${variable}`,
  );

const openCollector = async (options: SinkOptions, address: string): Promise<Sink> => {
  const { config, environment, version, health, log } = options;
  const counters = createExportCounters();
  const opened = await openOtlpSink({
    settings: otlpSettingsOf(config, address),
    spoolDirectory: config['spool-dir'],
    limits: {
      ...defaultSpoolLimits,
      requestSpans: config['otlp-batch'],
      delayMs: config['otlp-delay'],
      memorySpans: config['spool-spans'],
      diskBytes: config['spool-disk'],
      // The spool needs time to write down what it could not send.
      closeMs: config['stop-timeout'] / 2,
    },
    environment,
    version,
    counters,
    log,
    timers: options.timers,
  });
  if (opened.kind === 'problem') throw unusable(opened.problem);
  health.add('otlp', counters);
  health.add('collector', {
    get state() {
      return opened.sink.collector();
    },
  });
  return opened.sink;
};

const openStore = async (options: SinkOptions, storeDir: string): Promise<Sink> => {
  const { current, environment, version, health, log } = options;
  const limits = attributeLimits(environment, defaultAttributeLimits);
  if (limits.kind === 'problem') throw unusable(limits.problem);
  const counters = createExportCounters();
  health.add('store', counters);
  const toReadable = createToReadable(await loadOtel(), version, limits.limits, counters);
  try {
    mkdirSync(storeDir, { recursive: true, mode: 0o700 });
    return await openFileSink({
      path: storeFile(storeDir),
      line: await createOtlpJsonLine(toReadable),
      limits: {
        ...defaultFileLimits,
        get fileBytes() {
          return current()['store-file-size'];
        },
        get rotateAfterMs() {
          return current()['store-file-age'];
        },
        get keptFiles() {
          // The open one is a file too.
          return current()['store-files'] - 1;
        },
      },
      counters,
      clock: systemClock(),
      timers: options.timers,
      log,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `store-dir: cannot write to "${storeDir}": ${why}`,
      '--store-dir /var/lib/critrace/store',
    );
  }
};

/** The sinks that the configuration asks for; their counters become part of the health. Throws ConfigError. */
export const openSinks = async (options: SinkOptions): Promise<readonly Sink[]> => {
  const { config } = options;
  const address = exportAddress(config);
  const storeDir = config['store-dir'];
  const sinks: Sink[] = [];
  if (storeDir !== null) sinks.push(await openStore(options, storeDir));
  if (address !== null) sinks.push(await openCollector(options, address));
  return sinks;
};
