import { fileURLToPath } from 'node:url';
import { Metadata, Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

export interface ReceivedSpan {
  readonly resource: Record<string, unknown>;
  readonly scope: { readonly name: string; readonly version: string; readonly schemaUrl: string };
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  /** Of the OTLP enum: 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly start: string;
  readonly end: string;
  readonly status: { readonly code: number; readonly message: string };
  readonly attributes: Record<string, unknown>;
}

/** What the collector answers. */
export type Answer =
  | { readonly kind: 'ok' }
  /** Takes the spans and never answers. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'error'; readonly code: number; readonly retryAfterMs?: number }
  | { readonly kind: 'partial'; readonly rejected: number; readonly message: string };

export interface OtlpReceiver {
  readonly port: number;
  readonly spans: readonly ReceivedSpan[];
  readonly requests: number;
  readonly metadata: Metadata | null;
  answer: Answer;
  /** Resolves when `condition` holds; looked at after each request. */
  until(condition: () => boolean): Promise<void>;
  close(): void;
}

const root = protobuf.loadSync(fileURLToPath(new URL('./otlp.proto', import.meta.url)));
const requestType = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
const responseType = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse');

type Json = Record<string, unknown>;
const list = (value: unknown): Json[] => (Array.isArray(value) ? value : []);
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? { ...value } : {});
const hex = (value: unknown): string => Buffer.from(String(value ?? ''), 'base64').toString('hex');

const plainValue = (any: unknown): unknown => {
  const [kind, value] = Object.entries(record(any))[0] ?? [];
  if (kind === 'arrayValue') return list(record(value).values).map(plainValue);
  return kind === 'intValue' ? Number(value) : value;
};

const plainAttributes = (attributes: unknown): Record<string, unknown> =>
  Object.fromEntries(list(attributes).map(({ key, value }) => [String(key), plainValue(value)]));

export const decodeRequest = (bytes: Buffer): ReceivedSpan[] => {
  const request = record(requestType.toObject(requestType.decode(bytes), { longs: String, bytes: String }));
  return list(request.resourceSpans).flatMap((ofResource) =>
    list(ofResource.scopeSpans).flatMap((ofScope) =>
      list(ofScope.spans).map((span) => ({
        resource: plainAttributes(record(ofResource.resource).attributes),
        scope: {
          name: String(record(ofScope.scope).name),
          version: String(record(ofScope.scope).version),
          schemaUrl: String(ofScope.schemaUrl),
        },
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId),
        traceState: String(span.traceState ?? ''),
        flags: Number(span.flags),
        name: String(span.name),
        kind: Number(span.kind),
        start: String(span.startTimeUnixNano),
        end: String(span.endTimeUnixNano),
        status: {
          code: Number(record(span.status).code ?? 0),
          message: String(record(span.status).message ?? ''),
        },
        attributes: plainAttributes(span.attributes),
      })),
    ),
  );
};

/** `google.rpc.Status` with a RetryInfo of whole milliseconds. */
const retryDetails = (code: number, afterMs: number): Buffer => {
  const writer = protobuf.Writer.create;
  const duration = writer()
    .uint32(8)
    .int64(Math.floor(afterMs / 1000))
    .uint32(16)
    .int32((afterMs % 1000) * 1e6);
  const info = writer().uint32(10).bytes(duration.finish());
  const any = writer()
    .uint32(10)
    .string('type.googleapis.com/google.rpc.RetryInfo')
    .uint32(18)
    .bytes(info.finish());
  return Buffer.from(writer().uint32(8).int32(code).uint32(26).bytes(any.finish()).finish());
};

/** A collector: the real gRPC service, on a port of its own. `port` 0: any. */
export const startOtlpReceiver = async (port = 0): Promise<OtlpReceiver> => {
  const spans: ReceivedSpan[] = [];
  const waiting = new Set<() => void>();
  let requests = 0;
  let metadata: Metadata | null = null;

  const reply = (answer: Answer, callback: sendUnaryData<Buffer>): void => {
    if (answer.kind === 'silent') return;
    if (answer.kind === 'error') {
      const trailers = new Metadata();
      if (answer.retryAfterMs !== undefined)
        trailers.set('grpc-status-details-bin', retryDetails(answer.code, answer.retryAfterMs));
      callback({ code: answer.code, details: 'no', metadata: trailers });
      return;
    }
    const partialSuccess =
      answer.kind === 'partial'
        ? { rejectedSpans: answer.rejected, errorMessage: answer.message }
        : undefined;
    callback(null, Buffer.from(responseType.encode(responseType.fromObject({ partialSuccess })).finish()));
  };

  const server = new Server();
  const receiver: OtlpReceiver = {
    port: 0,
    spans,
    get requests() {
      return requests;
    },
    get metadata() {
      return metadata;
    },
    answer: { kind: 'ok' },
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: () => server.forceShutdown(),
  };
  server.addService(
    {
      Export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: (value: Buffer) => value,
        requestDeserialize: (value: Buffer) => value,
        responseSerialize: (value: Buffer) => value,
        responseDeserialize: (value: Buffer) => value,
      },
    },
    {
      Export(call: { request: Buffer; metadata: Metadata }, callback: sendUnaryData<Buffer>) {
        requests++;
        metadata = call.metadata;
        const { answer } = receiver;
        if (answer.kind === 'ok' || answer.kind === 'partial') spans.push(...decodeRequest(call.request));
        reply(answer, callback);
        for (const look of [...waiting]) look();
      },
    },
  );
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    ),
  );
  return Object.defineProperty(receiver, 'port', { value: bound });
};
