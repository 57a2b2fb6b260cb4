import type { Socket } from 'node:net';
import type { Direction } from '../../foundation/direction.ts';

/** Told after the bytes were handed on. Must not throw. */
export interface RelayObserver {
  data(direction: Direction, bytes: Buffer): void;
  end(direction: Direction): void;
  /** Both ends are closed. */
  close(): void;
  error(side: 'client' | 'runtime'): void;
}

/**
 * Joins two connected sockets (`allowHalfOpen`, nothing read yet): bytes, back-pressure and half-close go through in
 * both directions. When one end fails, the other gets what was read before and is closed.
 */
export const relay = (client: Socket, runtime: Socket, observer: RelayObserver): void => {
  let openEnds = 2;

  const forward = (from: Socket, to: Socket, direction: Direction): void => {
    const side = direction === 'request' ? 'client' : 'runtime';
    from.on('data', (bytes: Buffer) => {
      if (!to.writable) return;
      if (!to.write(bytes)) from.pause();
      observer.data(direction, bytes);
    });
    to.on('drain', () => from.resume());
    from.on('end', () => {
      to.end();
      observer.end(direction);
    });
    from.on('error', () => observer.error(side));
    from.on('close', () => {
      to.destroySoon();
      openEnds -= 1;
      if (openEnds === 0) observer.close();
    });
  };

  forward(client, runtime, 'request');
  forward(runtime, client, 'response');
  client.resume();
  runtime.resume();
};
