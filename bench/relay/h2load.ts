import { run } from '../processes.ts';

export interface Load {
  readonly socket: string;
  readonly path: string;
  /** A file with the request's body. */
  readonly body: string;
  readonly inFlight: number;
  readonly seconds: number;
}

/** Calls per second in a closed loop on one connection. Rejects when any call failed. */
export const h2load = async ({ socket, path, body, inFlight, seconds }: Load): Promise<number> => {
  const { stdout } = await run([
    ...['h2load', '-t', '1', '-c', '1', '-m', String(inFlight), '-D', String(seconds), '--warm-up-time', '1'],
    ...['-d', body, '-H', 'content-type: application/grpc', '-H', 'te: trailers'],
    ...['-B', `unix:${socket}`, `http://localhost${path}`],
  ]);
  const rate = Number(/finished in .*, ([\d.]+) req\/s/.exec(stdout)?.[1]);
  const [, failed, errored] = /(\d+) failed, (\d+) errored/.exec(stdout) ?? [];
  if (!(rate > 0) || failed !== '0' || errored !== '0') throw new Error(`h2load at ${socket}: ${stdout}`);
  return rate;
};
