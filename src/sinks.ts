import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from './config/error.ts';
import type { Config } from './config/options.ts';
import { exportAddress } from './config/rules.ts';
import { createExportCounters, type ExportCounters } from './export/counters.ts';
import { defaultFileLimits, openFileSink } from './export/file.ts';
import { defaultSpoolLimits } from './export/limits.ts';
import { loadOtel } from './export/otel.ts';
import { createOtlpJsonLine } from './export/otlp-json.ts';
import type { OtlpSettings, SettingProblem } from './export/otlp-settings.ts';
import { type OtlpSink, openOtlpSink } from './export/otlp-sink.ts';
import { createToReadable } from './export/otlp-span.ts';
import type { ExportLog, Sink } from './export/sink.ts';
import { spanLimits } from './export/span-limits.ts';
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

const openCollector = async (
  { config, current, environment, version, log, timers }: SinkOptions,
  settings: OtlpSettings,
  counters: ExportCounters,
): Promise<OtlpSink> => {
  const opened = await openOtlpSink({
    settings,
    spoolDirectory: config['spool-dir'],
    limits: {
      ...defaultSpoolLimits,
      get requestSpans() {
        return current()['otlp-batch'];
      },
      get delayMs() {
        return current()['otlp-delay'];
      },
      get memorySpans() {
        return current()['spool-spans'];
      },
      get diskBytes() {
        return current()['spool-disk'];
      },
      // The spool needs time to write down what it could not send.
      get closeMs() {
        return current()['stop-timeout'] / 2;
      },
    },
    environment,
    version,
    counters,
    log,
    timers,
  });
  if (opened.kind === 'problem') throw unusable(opened.problem);
  return opened.sink;
};

const openStore = async (options: SinkOptions, storeDir: string): Promise<Sink> => {
  const { current, environment, version, health, log } = options;
  const limits = spanLimits(environment);
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

const settingsOf = (config: Config): OtlpSettings | null => {
  const address = exportAddress(config);
  return address === null ? null : otlpSettingsOf(config, address);
};

/** The sinks that the configuration asks for. */
export interface Sinks {
  /** Those of now. */
  all(): readonly Sink[];
  /** Has the sinks that `next` asks for. Throws ConfigError, and nothing has changed. */
  reconfigure(next: Config): Promise<void>;
}

/** Their counters become part of the health. Throws ConfigError. */
export const openSinks = async (options: SinkOptions): Promise<Sinks> => {
  const { health } = options;
  // Counted on, where a collector is switched off and on again.
  const counters = createExportCounters();
  let settings: OtlpSettings | null = null;
  let collector: OtlpSink | null = null;
  let storeDir: string | null = null;
  let store: Sink | null = null;

  /** The collector's sink as `asked` has it: none, a new one, or the one that is there, sent elsewhere. */
  const collectorFor = async (asked: OtlpSettings | null): Promise<OtlpSink | null> => {
    if (asked === null) return null;
    if (collector === null) return openCollector(options, asked, counters);
    const problem = isDeepStrictEqual(asked, settings) ? null : collector.redirect(asked);
    if (problem !== null) throw unusable(problem);
    return collector;
  };

  const reconfigure = async (next: Config): Promise<void> => {
    const asked = settingsOf(next);
    const dir = next['store-dir'];
    const nextStore = dir === storeDir ? store : dir === null ? null : await openStore(options, dir);
    const nextCollector = await collectorFor(asked).catch(async (error: unknown) => {
      if (nextStore !== store) await nextStore?.close();
      throw error;
    });
    const gone = [
      ...(store !== null && store !== nextStore ? [store] : []),
      ...(collector !== null && collector !== nextCollector ? [collector] : []),
    ];
    const isNew = collector === null && nextCollector !== null;
    [settings, collector, storeDir, store] = [asked, nextCollector, dir, nextStore];
    if (isNew) {
      health.add('otlp', counters);
      health.add('collector', {
        get state() {
          return nextCollector?.collector() ?? 'unknown';
        },
      });
    }
    if (collector === null) health.remove('collector');
    if (store === null) health.remove('store');
    // What they hold is handed on, or stays on disk.
    await Promise.all(gone.map((sink) => sink.close()));
  };
  await reconfigure(options.config);
  return {
    all: () => [store, collector].filter((sink) => sink !== null),
    reconfigure,
  };
};
