import type { Direction } from '../foundation/direction.ts';
import type { Seen } from '../foundation/time.ts';
import type { KernelEvent } from '../kernel/kernel-event.ts';

/** A process at one end of a connection. Null: the source cannot know. */
export interface Peer {
  readonly pid: number | null;
  /** When the process started, nanoseconds since the Unix epoch: with the pid, its identity. */
  readonly pidStart: bigint | null;
  readonly uid: number | null;
  readonly comm: string | null;
  readonly cgroup: string | null;
}

/** What a source yields, in the order of observation. `connection` is unique for the life of the source. */
export type SourceEvent =
  | {
      readonly kind: 'open';
      readonly connection: number;
      readonly seen: Seen;
      readonly endpoint: string;
      readonly client: Peer;
      readonly server: Peer;
      /** The connection is older than the observer: its first byte was not seen. */
      readonly joined: boolean;
    }
  | {
      readonly kind: 'data';
      readonly connection: number;
      readonly seen: Seen;
      readonly direction: Direction;
      readonly bytes: Uint8Array;
      /** Bytes that a redacted capture overwrote whole, because what they were could not be decoded. */
      readonly overwritten?: number;
    }
  | {
      readonly kind: 'gap';
      readonly connection: number;
      readonly seen: Seen;
      readonly direction: Direction;
      readonly length: number;
    }
  /** This direction will carry no more bytes. */
  | {
      readonly kind: 'end';
      readonly connection: number;
      readonly seen: Seen;
      readonly direction: Direction;
    }
  | { readonly kind: 'close'; readonly connection: number; readonly seen: Seen }
  /** A client came and the runtime could not be reached. Ends a connection that was opened, as `close` does, or stands alone. */
  | {
      readonly kind: 'refused';
      readonly connection: number;
      readonly seen: Seen;
      readonly endpoint: string;
      readonly client: Peer;
    }
  | { readonly kind: 'kernel'; readonly seen: Seen; readonly event: KernelEvent };
