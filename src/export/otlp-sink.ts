import type { Timers } from '../foundation/timers.ts';
import type { Span } from '../spans/span.ts';
import type { ExportCounters } from './counters.ts';
import { defaultSpoolLimits, type SpoolLimits } from './limits.ts';
import { loadOtel, type Otel } from './otel.ts';
import { configFileProblem, type Environment } from './otel-environment.ts';
import { createOtlpTransports, type OtlpTransport, type OtlpTransports } from './otlp-grpc.ts';
import { createOtlpJsonLine } from './otlp-json.ts';
import type { OtlpSettings, SettingProblem } from './otlp-settings.ts';
import { createToReadable } from './otlp-span.ts';
import { createReplaceableTransport } from './replaceable-transport.ts';
import { createSampler } from './sampler.ts';
import type { Exported, ExportLog, Sink } from './sink.ts';
import { spanLimits } from './span-limits.ts';
import { type CollectorState, createSpool } from './spool.ts';

export interface OtlpSinkOptions {
  readonly settings: OtlpSettings;
  /** Null: spans that wait are held in memory only. */
  readonly spoolDirectory: string | null;
  readonly limits?: SpoolLimits;
  /** Read for the sampler and the attribute limits, which have no option of critrace's own. */
  readonly environment: Environment;
  readonly version: string;
  readonly counters: ExportCounters;
  readonly log: ExportLog;
  readonly timers: Timers;
}

export interface OtlpSink extends Sink {
  collector(): CollectorState;
  /** Sends to where `settings` say from now on, also what waits already. Not null: they cannot be used, and nothing has changed. */
  redirect(settings: OtlpSettings): SettingProblem | null;
}

export type OtlpSinkResult =
  | { readonly kind: 'sink'; readonly sink: OtlpSink }
  | { readonly kind: 'problem'; readonly problem: SettingProblem };

type Connected =
  | { readonly kind: 'transport'; readonly transport: OtlpTransport }
  | { readonly kind: 'problem'; readonly problem: SettingProblem };

/** grpc-js throws where the certificates do not go together, or are none. */
const connect = (transports: OtlpTransports, settings: OtlpSettings): Connected => {
  try {
    return { kind: 'transport', transport: transports.to(settings) };
  } catch (error) {
    const value = error instanceof Error ? error.message : String(error);
    const allowed = 'PEM files; those of CLIENT_KEY and CLIENT_CERTIFICATE together';
    return { kind: 'problem', problem: { variable: 'OTEL_EXPORTER_OTLP_CERTIFICATE', value, allowed } };
  }
};

/** Spans to a collector over gRPC, spooled while it is away. A setting that cannot be used is said, never passed over. */
export const openOtlpSink = async (options: OtlpSinkOptions): Promise<OtlpSinkResult> => {
  const { counters, environment, log, version } = options;
  const file = configFileProblem(environment);
  if (file !== null) return { kind: 'problem', problem: file };
  const limits = spanLimits(environment);
  if (limits.kind === 'problem') return limits;
  const otel: Otel = await loadOtel();
  const sampler = createSampler(otel, environment.OTEL_TRACES_SAMPLER, environment.OTEL_TRACES_SAMPLER_ARG);
  if (sampler.kind === 'problem') return sampler;

  const toReadable = createToReadable(otel, version, limits.limits, counters);
  const transports = await createOtlpTransports(toReadable, `critrace/${version}`, log);
  const connected = connect(transports, options.settings);
  if (connected.kind === 'problem') {
    transports.dispose();
    return connected;
  }
  const transport = createReplaceableTransport(connected.transport);
  const spool = await createSpool({
    directory: options.spoolDirectory,
    transport,
    line: await createOtlpJsonLine(toReadable),
    limits: options.limits ?? defaultSpoolLimits,
    counters,
    timers: options.timers,
    random: Math.random,
    log,
  });

  /** The parts of a call come right after it, and go where it went: as children they would be judged by its span. */
  let lastCall: { readonly traceId: string; readonly isSampled: boolean } | null = null;
  const samples = ({ kind }: Exported['finding'], first: Span): boolean => {
    if (kind === 'kernel' && lastCall?.traceId === first.traceId) return lastCall.isSampled;
    const isSampled = sampler.samples(first);
    if (kind === 'call') lastCall = { traceId: first.traceId, isSampled };
    return isSampled;
  };

  const wanted = ({ finding, spans }: Exported): boolean => {
    const [first] = spans;
    if (first === undefined) return false;
    if (finding.kind === 'call' && finding.call.revision > 0) {
      counters.revised += spans.length;
      return false;
    }
    if (samples(finding, first)) return true;
    counters.sampledOut += spans.length;
    return false;
  };

  return {
    kind: 'sink',
    sink: {
      findings(batch) {
        const spans = batch.filter(wanted).flatMap((exported) => exported.spans);
        if (spans.length > 0) spool.offer(spans);
      },
      ready: spool.ready,
      flush: spool.flush,
      async close() {
        await spool.close();
        transports.dispose();
      },
      collector: spool.collector,
      redirect(settings) {
        const next = connect(transports, settings);
        if (next.kind === 'problem') return next.problem;
        transport.replace(next.transport);
        // What waited for the old one to come back need not wait for the new one.
        void spool.flush();
        return null;
      },
    },
  };
};
