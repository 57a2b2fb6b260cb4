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

/** Milliseconds of each call. */
export interface PacedClient {
  /**
   * One after the other, those of each second when it begins; all seconds in turn, from where it left off. `fast`: so many
   * times as fast, as far as the answers come.
   */
  loops(seconds: number, fast: number): Promise<number[]>;
  /** The same calls, so many a second whether or not those before are through. */
  evenly(perSecond: number, seconds: number): Promise<number[]>;
}

/** On one connection, as a kubelet does. */
export const openPacedClient = (socket: string, calls: readonly (readonly PacedCall[])[]): PacedClient => {
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

  const reached = async (ms: number): Promise<void> => {
    const wait = ms - performance.now();
    if (wait > 0) await delay(wait);
  };
  const inTurn = calls.flat();
  let nextSecond = 0;
  let nextCall = 0;

  return {
    async loops(seconds, fast) {
      const took: number[] = [];
      const begin = performance.now();
      const end = begin + seconds * 1000;
      for (let second = 0; second < seconds * fast && performance.now() < end; second++) {
        await reached(begin + (second * 1000) / fast);
        for (const one of calls[nextSecond++ % calls.length] ?? [])
          took.push(await Promise.race([call(one), failed]));
      }
      await reached(end);
      return took;
    },
    async evenly(perSecond, seconds) {
      const pending: Promise<number>[] = [];
      const begin = performance.now();
      try {
        for (let index = 0; index < perSecond * seconds; index++) {
          await reached(begin + (index * 1000) / perSecond);
          const one = inTurn[nextCall++ % inTurn.length];
          if (one !== undefined) pending.push(call(one));
        }
        return await Promise.race([Promise.all(pending), failed]);
      } finally {
        await Promise.allSettled(pending);
      }
    },
  };
};
