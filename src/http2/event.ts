import type { Direction } from '../foundation/direction.ts';
import type { Seen } from '../foundation/time.ts';

/**
 * Text that a header block refers to but that was inserted into the dynamic table before the observer saw the
 * connection, or while it had lost track of it. `entry` is stable within an `epoch`: the same pair always means
 * the same text: as a name the entry's name, as a value its value. A new epoch begins whenever insertions may have
 * been missed; epochs are numbered over both directions of a connection.
 */
export interface UnknownText {
  readonly epoch: number;
  readonly entry: number;
}

/** Octets of a header name or value as latin1 (RFC 9110 section 5.5 leaves their meaning open), or not known. */
export type HeaderText = string | UnknownText;

export interface HeaderField {
  readonly name: HeaderText;
  readonly value: HeaderText;
}

/** What the first bytes of a connection turned out to be. */
export type Protocol = 'http2' | 'http1' | 'other';

/**
 * What a watched HTTP/2 connection said. `bytes` are views into the input: valid until the next call into the
 * decoder; who keeps them copies them.
 */
export type Http2Event =
  /** Once per connection, before all else. After `http1` or `other` nothing follows. */
  | { readonly kind: 'protocol'; readonly protocol: Protocol }
  /** HEADERS with its CONTINUATIONs. `complete` is false when the block was malformed, cut or over a bound: `fields` is what could be read. */
  | {
      readonly kind: 'headers';
      readonly direction: Direction;
      readonly stream: number;
      readonly fields: readonly HeaderField[];
      readonly complete: boolean;
      /** Octets of the block that were not seen; null: how many is not known. */
      readonly lost: number | null;
      readonly endStream: boolean;
      /** When the first byte of the HEADERS frame was seen. */
      readonly first: Seen;
    }
  /** A piece of a DATA payload, padding removed. `endStream` only on the last piece of a frame that carries the flag. May be empty. */
  | {
      readonly kind: 'data';
      readonly direction: Direction;
      readonly stream: number;
      readonly bytes: Uint8Array;
      readonly endStream: boolean;
    }
  /** `length` payload bytes of a DATA frame that the observer did not see; the frame's own length says so exactly. */
  | {
      readonly kind: 'data_lost';
      readonly direction: Direction;
      readonly stream: number;
      readonly length: number;
      readonly endStream: boolean;
    }
  | {
      readonly kind: 'rst_stream';
      readonly direction: Direction;
      readonly stream: number;
      /** Null: octets of it were not seen. */
      readonly errorCode: number | null;
      /** So many. */
      readonly lost: number;
    }
  | {
      readonly kind: 'goaway';
      readonly direction: Direction;
      readonly lastStream: number;
      readonly errorCode: number;
    }
  /** Frame boundaries of this direction are lost: any frame of any stream may be missing until `resync`. */
  | { readonly kind: 'desync'; readonly direction: Direction }
  /** A frame boundary was found again; `lostBytes` were not decoded since `desync`. */
  | { readonly kind: 'resync'; readonly direction: Direction; readonly lostBytes: number };
