import type { Socket } from 'node:net';
import type { Direction } from '../../foundation/direction.ts';
import { lastWords } from './last-words.ts';

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
 * both directions. When one end fails, the other gets what the failed one had said before, and is closed.
 */
export const relay = (
  client: Socket,
  runtime: Socket,
  maxLastWordsBytes: number,
  observer: RelayObserver,
): void => {
  let openEnds = 2;

  const pass = (from: Socket, bytes: Buffer): void => {
    const to = from === client ? runtime : client;
    if (!to.writable) return;
    const flows = to.write(bytes, (error) => {
      if (error) for (const words of lastWords(to, maxLastWordsBytes)) pass(to, words);
    });
    if (!flows) from.pause();
    observer.data(from === client ? 'request' : 'response', bytes);
  };

  const forward = (from: Socket, to: Socket): void => {
    from.on('data', (bytes: Buffer) => pass(from, bytes));
    to.on('drain', () => from.resume());
    from.on('end', () => {
      to.end();
      observer.end(from === client ? 'request' : 'response');
    });
    from.on('error', () => observer.error(from === client ? 'client' : 'runtime'));
    from.on('close', () => {
      to.destroySoon();
      openEnds -= 1;
      if (openEnds === 0) observer.close();
    });
  };

  forward(client, runtime);
  forward(runtime, client);
  client.resume();
  runtime.resume();
};
