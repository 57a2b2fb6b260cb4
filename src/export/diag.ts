import type { ExportLog } from './sink.ts';

export interface PartialSuccess {
  readonly rejected: number;
  readonly reason: string | null;
}

export interface DiagListener {
  /** What the last response said beside its success, once; null when it said nothing. */
  takePartialSuccess(): PartialSuccess | null;
  dispose(): void;
}

/**
 * The exporter tells of a partial success only in a warning to OpenTelemetry's process-wide `diag` logger: this text,
 * then the response's field as JSON. It comes before the export's own callback, within the same tick.
 */
const partialSuccessWarning = 'Received Partial Success response:';

const parsePartialSuccess = (json: unknown): PartialSuccess | null => {
  try {
    const parsed: unknown = JSON.parse(String(json));
    if (typeof parsed !== 'object' || parsed === null) return null;
    const rejected = 'rejectedSpans' in parsed ? Number(parsed.rejectedSpans) : 0;
    const reason = 'errorMessage' in parsed ? String(parsed.errorMessage) : '';
    return {
      rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
      reason: reason === '' ? null : reason,
    };
  } catch {
    return null;
  }
};

/** Routes OpenTelemetry's own warnings to the log, each text once. */
export const listenToDiag = async (log: ExportLog): Promise<DiagListener> => {
  const { diag, DiagLogLevel } = await import('@opentelemetry/api');
  let partial: PartialSuccess | null = null;
  const told = new Set<string>();
  const tell =
    (level: 'warn' | 'error') =>
    (message: string, ...args: unknown[]): void => {
      if (message === partialSuccessWarning) {
        partial = parsePartialSuccess(args[0]);
        return;
      }
      if (told.has(message) || told.size > 100) return;
      told.add(message);
      log(level, `OpenTelemetry: ${message}`);
    };
  const silent = (): void => {};
  diag.setLogger(
    { error: tell('error'), warn: tell('warn'), info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return {
    takePartialSuccess() {
      const taken = partial;
      partial = null;
      return taken;
    },
    dispose: () => diag.disable(),
  };
};
