/**
 * Node writes to a terminal, and to a pipe in blocking mode, and waits until all is taken. A reader that takes
 * nothing (Ctrl-S, a stuck connection) would stop the whole process, and with it the calls that pass through the
 * proxy. Node keeps the switch on an inner object that it does not promise: without it nothing is changed.
 */
export const neverWait = (stream: NodeJS.WriteStream): void => {
  const handle: unknown = Reflect.get(stream, '_handle');
  if (typeof handle !== 'object' || handle === null) return;
  const setBlocking: unknown = Reflect.get(handle, 'setBlocking');
  if (typeof setBlocking === 'function') setBlocking.call(handle, false);
};
