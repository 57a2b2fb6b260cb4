import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import type { Started } from '../processes.ts';

export interface Collector extends Started {
  readonly port: number;
  requests(): number;
}

const asIs = (bytes: Buffer): Buffer => bytes;
const accepted = Buffer.alloc(0);

/** Takes every export and keeps nothing of it. */
export const startCollector = async (): Promise<Collector> => {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  let requests = 0;
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    },
    {
      export(_call: unknown, answer: sendUnaryData<Buffer>) {
        requests += 1;
        answer(null, accepted);
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port,
    requests: () => requests,
    async stop() {
      server.forceShutdown();
    },
  };
};
