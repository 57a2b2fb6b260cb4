import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import type { Clock } from '../foundation/clock.ts';
import { type Nanos, nanosPerMillisecond } from '../foundation/time.ts';
import type { Message, MethodCodec, ServiceName } from './codec.ts';

/** One call as its client saw it. */
export interface CallRecord {
  readonly method: string;
  /** `runtime.v1.RuntimeService/Version` */
  readonly path: string;
  readonly code: string;
  /** `grpc-message`, or the client's own words where no reply came. */
  readonly details: string;
  readonly startedAt: Nanos;
  readonly endedAt: Nanos;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly responseMessages: number;
}

export interface CallResult {
  readonly record: CallRecord;
  /** The last message of the reply; empty when the call failed. */
  readonly response: Message;
}

export interface CallOptions {
  /** Null: no deadline, as a kubelet's PullImage. */
  readonly timeoutMs: number | null;
  readonly signal?: AbortSignal | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Each message of a streamed reply as it comes. */
  readonly onMessage?: ((message: Message) => void) | undefined;
}

export interface CriClient {
  /** Never rejects: a failure is a record with its code. */
  call(method: MethodCodec, request: Message, options: CallOptions): Promise<CallResult>;
  close(): void;
}

/** What a kubelet accepts in one message: a list reply of 16 MiB. */
const maxReceiveBytes = 16 * 1024 * 1024;

const asIs = (bytes: Buffer): Buffer => bytes;

/**
 * One connection, as a kubelet opens one for each service. `authority` is "localhost" as since Kubernetes 1.31.
 * Subchannels are not shared, otherwise grpc-js would put two clients of the same address on one connection.
 */
export const createCriClient = (options: {
  readonly socket: string;
  readonly clock: Clock;
  readonly record: (record: CallRecord) => void;
  readonly gzipRequests?: boolean;
}): CriClient => {
  const { socket, clock, record } = options;
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.default_authority': 'localhost',
    'grpc.max_receive_message_length': maxReceiveBytes,
    'grpc.max_send_message_length': -1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 3_000,
    'grpc.enable_retries': 0,
    // 2 is gzip.
    ...(options.gzipRequests === true ? { 'grpc.default_compression_algorithm': 2 } : {}),
  });

  return {
    call(method, request, { timeoutMs, signal, metadata: pairs = {}, onMessage }) {
      const metadata = new Metadata();
      for (const [key, value] of Object.entries(pairs)) metadata.set(key, value);
      const startedAt = clock.now();
      const deadline =
        timeoutMs === null ? {} : { deadline: new Date(Number(startedAt / nanosPerMillisecond) + timeoutMs) };
      const body = method.encodeRequest(request);

      return new Promise<CallResult>((resolve) => {
        let response: Message = {};
        let responseBytes = 0;
        let responseMessages = 0;
        const call = client.makeServerStreamRequest(method.path, asIs, asIs, body, metadata, deadline);
        const cancel = () => call.cancel();
        signal?.addEventListener('abort', cancel, { once: true });
        if (signal?.aborted === true) cancel();
        call.on('data', (bytes: Buffer) => {
          responseBytes += bytes.length;
          responseMessages += 1;
          response = method.decodeResponse(bytes);
          onMessage?.(response);
        });
        // The status carries the same; without a listener the error would be thrown.
        call.on('error', () => undefined);
        call.on('status', ({ code, details }) => {
          signal?.removeEventListener('abort', cancel);
          const finished: CallRecord = {
            method: method.name,
            path: method.path.slice(1),
            code: status[code] ?? `CODE_${code}`,
            details,
            startedAt,
            endedAt: clock.now(),
            requestBytes: body.length,
            responseBytes,
            responseMessages,
          };
          record(finished);
          resolve({ record: finished, response: code === status.OK ? response : {} });
        });
      });
    },
    close: () => client.close(),
  };
};

/** The clients of both services: two connections, even where both endpoints are one socket. */
export type CriClients = Readonly<Record<ServiceName, CriClient>>;
