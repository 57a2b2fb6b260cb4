import type { Direction } from '../foundation/direction.ts';
import type { Http2Event } from './event.ts';
import { type FrameHeader, flag } from './frame.ts';

export interface DataPayload {
  begin(header: FrameHeader): void;
  piece(bytes: Uint8Array, from: number, to: number): void;
  /** Returns how many of the lost octets were data, as an event says. */
  lost(length: number): number;
}

/** What cannot be told apart after a loss, or must not be used. */
export interface DataPayloadFaults {
  /** Padding longer than the payload (RFC 9113 section 6.1). */
  malformed(): void;
  /** The Pad Length octet was lost: which of the frame's `length` octets were data is not known. */
  unknownPadding(length: number): void;
}

/** The payload of one DATA frame after the other (RFC 9113 section 6.1): padding off, pieces passed on as they come. */
export const createDataPayload = (
  direction: Direction,
  emit: (event: Http2Event) => void,
  faults: DataPayloadFaults,
): DataPayload => {
  let stream = 0;
  let length = 0;
  let ends = false;
  let padLengthAwaited = false;
  /** Data octets still to come; what comes after them is padding. */
  let left = 0;
  let over = false;

  const end = (bytes: Uint8Array): void => {
    over = true;
    emit({ kind: 'data', direction, stream, bytes, endStream: ends });
  };

  return {
    begin(header) {
      stream = header.stream;
      length = header.length;
      ends = (header.flags & flag.endStream) !== 0;
      padLengthAwaited = (header.flags & flag.padded) !== 0;
      left = header.length;
      over = false;
    },
    piece(bytes, from, to) {
      if (over) return;
      let at = from;
      if (padLengthAwaited) {
        if (at === to) {
          // PADDED, and no room for the Pad Length.
          over = true;
          faults.malformed();
          return;
        }
        padLengthAwaited = false;
        left = length - 1 - (bytes[at++] ?? 0);
        if (left < 0) {
          over = true;
          faults.malformed();
          return;
        }
      }
      const until = Math.min(to, at + left);
      left -= until - at;
      if (left === 0) end(bytes.subarray(at, until));
      else if (until > at)
        emit({ kind: 'data', direction, stream, bytes: bytes.subarray(at, until), endStream: false });
    },
    lost(count) {
      if (over) return 0;
      if (padLengthAwaited) {
        over = true;
        faults.unknownPadding(length);
        // The end of the stream is in the header, and certain.
        if (ends) emit({ kind: 'data', direction, stream, bytes: noBytes, endStream: true });
        return 0;
      }
      const data = Math.min(count, left);
      left -= data;
      over = left === 0;
      emit({ kind: 'data_lost', direction, stream, length: data, endStream: over && ends });
      return data;
    },
  };
};

const noBytes = new Uint8Array(0);
