import { Client, credentials } from '@grpc/grpc-js';

const asIs = (bytes: Buffer): Buffer => bytes;

/** Whether a CRI runtime answers on this socket: `Version` of v1 with an empty request, as a kubelet probes. */
export const answersVersion = (socket: string): Promise<boolean> => {
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.default_authority': 'localhost',
  });
  return new Promise((resolve) => {
    client.makeUnaryRequest('/runtime.v1.RuntimeService/Version', asIs, asIs, Buffer.alloc(0), (error) => {
      client.close();
      resolve(error === null);
    });
  });
};
