import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface PacedCall {
  readonly path: string;
  /** A gRPC message with its prefix. */
  readonly body: Buffer;
}

export const framed = (message: Buffer): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};

/** Makes the calls in turn, so many per second whether or not those before are through, on one connection. Milliseconds of each. */
export const pacedCalls = async (
  socket: string,
  calls: readonly PacedCall[],
  perSecond: number,
  seconds: number,
): Promise<number[]> => {
  const session = connectHttp2('http://localhost', { createConnection: () => connect(socket) });
  const failed = new Promise<never>((_, reject) => session.once('error', reject));
  failed.catch(() => undefined);

  const call = ({ path, body }: PacedCall): Promise<number> =>
    new Promise((resolve, reject) => {
      const start = process.hrtime.bigint();
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        'user-agent': 'grpc-go/1.82.1',
        'grpc-timeout': '120000m',
      });
      stream.once('trailers', (trailers) => {
        if (trailers['grpc-status'] === '0') resolve(Number(process.hrtime.bigint() - start) / 1e6);
        else reject(new Error(`${path}: grpc-status ${trailers['grpc-status']}`));
      });
      stream.once('error', reject);
      stream.resume();
      stream.end(body);
    });

  const pending: Promise<number>[] = [];
  const begin = performance.now();
  try {
    for (let index = 0; index < perSecond * seconds; index++) {
      const wait = begin + (index * 1000) / perSecond - performance.now();
      if (wait > 0) await delay(wait);
      const next = calls[index % calls.length];
      if (next !== undefined) pending.push(call(next));
    }
    return await Promise.race([Promise.all(pending), failed]);
  } finally {
    await Promise.allSettled(pending);
    session.destroy();
  }
};
