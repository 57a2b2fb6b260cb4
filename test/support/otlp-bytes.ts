import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { status } from '@grpc/grpc-js';
import { temporaryFolder } from './folder.ts';
import { grpcServer } from './grpc.ts';

/** A collector that keeps requests as they came on the wire. */
export interface OtlpBytes {
  /** For `--otlp-endpoint`. */
  readonly address: string;
  readonly requests: readonly Buffer[];
  readonly refused: number;
  /** False: everything is answered UNAVAILABLE. */
  up: boolean;
}

export const otlpBytes = async (test: TestContext): Promise<OtlpBytes> => {
  const socket = join(await temporaryFolder(test), 'otlp.sock');
  const requests: Buffer[] = [];
  let refused = 0;
  const collector = {
    address: `unix:${socket}`,
    requests,
    get refused() {
      return refused;
    },
    up: true,
  };
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  await grpcServer(
    test,
    {
      [path]: (call) => {
        if (!collector.up) {
          refused += 1;
          call.emit('error', { code: status.UNAVAILABLE, details: 'not now' });
          return;
        }
        requests.push(call.request);
        call.write(Buffer.alloc(0));
        call.end();
      },
    },
    socket,
  );
  return collector;
};
