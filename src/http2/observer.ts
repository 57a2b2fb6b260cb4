import type { Direction } from '../foundation/direction.ts';
import type { Seen } from '../foundation/time.ts';
import type { Http2Event } from './event.ts';

/** Watches both directions of one connection. Synchronous; the same bytes give the same events however they are cut. */
export interface Http2Observer {
  bytes(direction: Direction, bytes: Uint8Array, seen: Seen): readonly Http2Event[];
  /** `length` bytes of this direction were not seen. */
  gap(direction: Direction, length: number, seen: Seen): readonly Http2Event[];
}
