import type { Socket } from 'node:net';

/** The file descriptor of an open socket. Node keeps it on an inner object that it does not promise: null if it is gone. */
export const descriptorOf = (socket: Socket): number | null => {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return null;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : null;
};
