/** Which way bytes travel on a connection: `request` is client to runtime, `response` is runtime to client. */
export type Direction = 'request' | 'response';

export const directions = ['request', 'response'] as const satisfies readonly Direction[];

export const opposite = (direction: Direction): Direction =>
  direction === 'request' ? 'response' : 'request';
