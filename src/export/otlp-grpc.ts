import type { Span } from '../spans/span.ts';
import { listenToDiag } from './diag.ts';
import type { OtlpSettings } from './otlp-settings.ts';
import type { ToReadable } from './otlp-span.ts';
import { type Failure, failureOf, retryInfoMs } from './retry.ts';
import type { ExportLog } from './sink.ts';

export type SendResult =
  | { readonly kind: 'sent'; readonly rejected: number; readonly reason: string | null }
  | Failure;

/** One OTLP request at a time: whether to try again, and when, is for the caller to decide. */
export interface OtlpTransport {
  send(spans: readonly Span[]): Promise<SendResult>;
  /** Breaks off what is under way. */
  close(): Promise<void>;
}

const unavailable = 14;

const codeOf = (error: unknown): number | null =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : null;

/** `ServiceError` of grpc-js carries the trailers as `metadata`. */
const detailsOf = (error: unknown): Uint8Array | null => {
  if (typeof error !== 'object' || error === null || !('metadata' in error)) return null;
  const { metadata } = error;
  if (typeof metadata !== 'object' || metadata === null || !('get' in metadata)) return null;
  const values: unknown = typeof metadata.get === 'function' ? metadata.get('grpc-status-details-bin') : null;
  const first: unknown = Array.isArray(values) ? values[0] : null;
  return first instanceof Uint8Array ? first : null;
};

const failed = (error: unknown): Failure => {
  const details = detailsOf(error);
  return failureOf(
    codeOf(error),
    error instanceof Error ? error.message : String(error),
    details === null ? null : retryInfoMs(details),
  );
};

export interface OtlpTransports {
  /** Not connected before it has something to send. Throws what grpc-js does of certificates that are none. */
  to(settings: OtlpSettings): OtlpTransport;
  /** No transport of it is used any more. */
  dispose(): void;
}

/** `OTLPTraceExporter` with its outcome told in full: of one at a time, whose warnings are those of the process. */
export const createOtlpTransports = async (
  toReadable: ToReadable,
  userAgent: string,
  log: ExportLog,
): Promise<OtlpTransports> => {
  const [{ OTLPTraceExporter }, { Metadata, credentials }, diag] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-grpc'),
    import('@grpc/grpc-js'),
    listenToDiag(log),
  ]);
  let connections = 0;

  const to = (settings: OtlpSettings): OtlpTransport => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(settings.headers)) metadata.set(name, value);
    const { tls } = settings;
    const channelCredentials =
      tls === null
        ? credentials.createInsecure()
        : credentials.createSsl(tls.rootCertificate, tls.clientKey, tls.clientCertificate);
    const connect = () =>
      new OTLPTraceExporter({
        // The exporter takes only a scheme with `//` for one.
        url: settings.endpoint.replace(/^unix:\/{0,2}\//i, 'unix:///'),
        metadata,
        credentials: channelCredentials,
        timeoutMillis: settings.timeoutMs,
        // `CompressionAlgorithm` is an enum that the package does not export.
        ...(settings.gzip ? { compression: 'gzip' as never } : {}),
        concurrencyLimit: 2,
        // grpc-js shares connections, and how long they stay away, between clients with equal options.
        userAgent: connections++ === 0 ? userAgent : `${userAgent} connection/${connections}`,
      });
    let exporter = connect();

    /** A channel that could not connect waits up to two minutes before it tries again; a new one tries at once. */
    const reconnect = (): void => {
      const gone = exporter;
      exporter = connect();
      void gone.shutdown();
    };
    return {
      send: (spans) =>
        new Promise((resolve) => {
          diag.takePartialSuccess();
          exporter.export(spans.map(toReadable), (result) => {
            const partial = diag.takePartialSuccess();
            if (result.code === 0) {
              resolve({ kind: 'sent', rejected: partial?.rejected ?? 0, reason: partial?.reason ?? null });
              return;
            }
            if (codeOf(result.error) === unavailable) reconnect();
            resolve(failed(result.error));
          });
        }),
      close: () => exporter.shutdown(),
    };
  };
  return { to, dispose: diag.dispose };
};
