import type { WriteStream } from 'node:tty';

type Stream = Pick<WriteStream, 'isTTY'>;

/**
 * Node writes to a terminal and waits until it has taken all. One that takes nothing (Ctrl-S, a stuck connection)
 * would stop the whole process, and with it the calls that pass through the proxy. Node keeps the switch on an inner
 * object that it does not promise: without it nothing is changed.
 */
export const neverWait = (stream: Stream): void => {
  if (stream.isTTY !== true) return;
  const handle: unknown = Reflect.get(stream, '_handle');
  if (typeof handle !== 'object' || handle === null) return;
  const setBlocking: unknown = Reflect.get(handle, 'setBlocking');
  if (typeof setBlocking === 'function') setBlocking.call(handle, false);
};
