import type { Direction } from '../foundation/direction.ts';
import type { Seen } from '../foundation/time.ts';
import { type Boundary, type BoundarySearch, createBoundarySearch } from './boundary-search.ts';
import { createDataPayload } from './data-payload.ts';
import type { Http2Event } from './event.ts';
import { type FrameHeader, flag, frameHeaderBytes, frameType, streamAt, uint32At } from './frame.ts';
import {
  createFrameDecoder,
  type FrameHandler,
  flowing,
  type PayloadPlan,
  skipped,
} from './frame-decoder.ts';
import { createHeaderBlockAssembler } from './header-block.ts';
import { createHpackDecoder } from './hpack/decoder.ts';
import type { Http2Counters, Http2Limits } from './limits.ts';
import type { Session } from './session.ts';
import { readSettings } from './settings-frame.ts';

/** One direction of a connection known or supposed to be HTTP/2: its octets in, its events out. */
export interface DirectionDecoder {
  bytes(bytes: Uint8Array, from: number, seen: Seen): void;
  gap(length: number): void;
  /** `octets` of this direction were not decoded, and where its next frame begins is not known. */
  desync(octets: number): void;
  synced(): boolean;
  /** The other direction announced how large this one's dynamic table may be; infinite: it may have. */
  allowTableSize(bytes: number): void;
}

export interface DirectionDecoderOptions {
  readonly direction: Direction;
  readonly limits: Http2Limits;
  readonly counters: Http2Counters;
  readonly session: Session;
  /** False: the first octet is not the connection's first. */
  readonly fromStart: boolean;
  readonly emit: (event: Http2Event) => void;
  readonly onDesync: () => void;
  /** Called while still out of step: a boundary is also what makes a joined connection HTTP/2. */
  readonly onResync: () => void;
  /** The other direction's encoder is told a table size; infinite: a SETTINGS frame may have been missed. */
  readonly onTableSize: (bytes: number) => void;
}

/** GOAWAY without its debug data (RFC 9113 section 6.8). */
const goawayBytes = 8;

export const createDirectionDecoder = ({
  direction,
  limits,
  counters,
  session,
  fromStart,
  emit,
  onDesync,
  onResync,
  onTableSize,
}: DirectionDecoderOptions): DirectionDecoder => {
  const hpack = createHpackDecoder({ limits, counters, fromStart, nextEpoch: session.nextEpoch });
  let search: BoundarySearch | null = null;
  /** Octets lost since the last `desync`, but for those that `search` has seen. */
  let lost = 0;
  /** A CONTINUATION without its HEADERS is no fault of the peer right after a boundary was found. */
  let afterLoss = false;
  /** The stream whose CONTINUATION must be next; zero: none. */
  let continues = 0;

  const malformed = (): void => {
    counters.malformedFrames += 1;
  };

  const reset = (stream: number, errorCode: number | null, octets: number): void =>
    emit({ kind: 'rst_stream', direction, stream, errorCode, lost: octets });

  const data = createDataPayload(direction, emit, {
    malformed,
    unknownPadding(length) {
      counters.lostBytes += length;
      counters.lostFrames += 1;
      emit({ kind: 'desync', direction });
      emit({ kind: 'resync', direction, lostBytes: length });
    },
  });

  const headerBlock = createHeaderBlockAssembler(limits.headerBlockBytes, {
    block({ pushed, stream, endStream, first }, bytes, from, to, whole, lost) {
      const { fields, complete } = hpack.decode(bytes, from, to);
      if (!whole) {
        counters.lostBlocks += 1;
        if (complete) hpack.restart();
      }
      if (pushed || stream === 0) return;
      const isComplete = complete && whole;
      emit({ kind: 'headers', direction, stream, fields, complete: isComplete, lost, endStream, first });
    },
    overLimit() {
      counters.headerBlocksOverLimit += 1;
    },
    malformed,
    orphan() {
      if (afterLoss) return;
      malformed();
      hpack.restart();
    },
  });

  const startHeaderBlock = (header: FrameHeader, first: Seen): PayloadPlan => {
    if (header.type !== frameType.continuation) afterLoss = false;
    if (header.stream === 0) malformed();
    if (direction === 'request' && header.type === frameType.headers) session.streamOpened(header.stream);
    continues = (header.flags & flag.endHeaders) === 0 ? header.stream : 0;
    return headerBlock.begin(header, first);
  };

  /** A frame of fixed length on a stream, or on none. */
  const wellFormed = (header: FrameHeader, length: number, onStream: boolean): boolean => {
    if (header.length === length && (header.stream !== 0) === onStream) return true;
    malformed();
    return false;
  };

  const handler: FrameHandler = {
    frame(header, first) {
      if (continues !== 0 && (header.type !== frameType.continuation || header.stream !== continues)) {
        continues = 0;
        malformed();
        headerBlock.abandon('malformed');
      }
      switch (header.type) {
        case frameType.data:
          counters.dataFrames += 1;
          if (header.stream === 0) {
            malformed();
            return skipped;
          }
          data.begin(header);
          return flowing;
        case frameType.headers:
          counters.headersFrames += 1;
          return startHeaderBlock(header, first);
        case frameType.priority:
          counters.priorityFrames += 1;
          wellFormed(header, 5, true);
          return skipped;
        case frameType.rstStream:
          counters.rstStreamFrames += 1;
          return wellFormed(header, 4, true) ? header.length : skipped;
        case frameType.settings:
          counters.settingsFrames += 1;
          if (header.stream !== 0 || header.length % 6 !== 0) {
            malformed();
            return skipped;
          }
          if (header.length <= limits.settingsBytes) return header.length;
          counters.settingsOverLimit += 1;
          onTableSize(Number.POSITIVE_INFINITY);
          return skipped;
        case frameType.pushPromise:
          counters.pushPromiseFrames += 1;
          return startHeaderBlock(header, first);
        case frameType.ping:
          counters.pingFrames += 1;
          wellFormed(header, 8, false);
          return skipped;
        case frameType.goaway:
          counters.goawayFrames += 1;
          if (header.stream === 0 && header.length >= goawayBytes) return goawayBytes;
          malformed();
          return skipped;
        case frameType.windowUpdate:
          counters.windowUpdateFrames += 1;
          if (header.length !== 4) malformed();
          return skipped;
        case frameType.continuation:
          counters.continuationFrames += 1;
          return startHeaderBlock(header, first);
        default:
          counters.unknownFrames += 1;
          return skipped;
      }
    },

    payload(header, bytes, from, to) {
      switch (header.type) {
        case frameType.rstStream:
          reset(header.stream, uint32At(bytes, from), 0);
          return;
        case frameType.goaway:
          emit({
            kind: 'goaway',
            direction,
            lastStream: streamAt(bytes, from),
            errorCode: uint32At(bytes, from + 4),
          });
          return;
        case frameType.settings: {
          const { headerTableSize, maxFrameSize } = readSettings(bytes, from, to);
          if (headerTableSize !== null) onTableSize(headerTableSize);
          if (maxFrameSize !== null) session.maxFrameAnnounced(direction, maxFrameSize);
          return;
        }
        default:
          headerBlock.payload(header, bytes, from, to);
      }
    },

    piece: (_header, bytes, from, to) => data.piece(bytes, from, to),

    pieceLost: (_header, length) => data.lost(length),

    cut(header, bytes, got, octets) {
      switch (header.type) {
        case frameType.rstStream:
          counters.lostFrames += 1;
          reset(header.stream, null, octets);
          return;
        case frameType.goaway:
          counters.lostFrames += 1;
          return;
        case frameType.settings:
          counters.lostFrames += 1;
          onTableSize(Number.POSITIVE_INFINITY);
          return;
        default:
          headerBlock.cut(header, bytes, got, octets);
      }
    },
  };

  const frames = createFrameDecoder(handler);

  const startSearch = (): void => {
    search = createBoundarySearch(direction, limits, {
      maxFrameBytes: () => session.maxFrameBytes(direction),
      highestStream: session.highestStream,
      highestCertain: session.highestCertain,
      onCandidateDropped() {
        counters.resyncCandidatesOverLimit += 1;
      },
    });
  };

  const desync = (octets: number): void => {
    lost += octets;
    if (search !== null) {
      // No chain goes on over octets that were not seen.
      lost += search.searched();
      startSearch();
      return;
    }
    headerBlock.abandon('lost');
    continues = 0;
    hpack.restart();
    onTableSize(Number.POSITIVE_INFINITY);
    if (direction === 'request') session.streamsMissed();
    counters.desyncs += 1;
    startSearch();
    onDesync();
  };

  /** Decodes what proved a boundary: each frame with the time at which its first octet was seen. */
  const decodeProof = ({ bytes, frames: starts }: Boundary, seen: Seen): void => {
    starts.forEach(({ at, first }, index) => {
      const next = starts[index + 1];
      if (next !== undefined) {
        frames.bytes(bytes, at, next.at, first);
        return;
      }
      // The proof ends with a header completed by this input.
      frames.bytes(bytes, at, at + frameHeaderBytes, first);
      frames.bytes(bytes, at + frameHeaderBytes, bytes.length, seen);
    });
  };

  return {
    bytes(bytes, from, seen) {
      if (search === null) {
        frames.bytes(bytes, from, bytes.length, seen);
        return;
      }
      counters.searchedBytes += bytes.length - from;
      const found = search.bytes(bytes, from, seen);
      if (found === null) return;
      onResync();
      search = null;
      const lostBytes = lost + found.skipped;
      lost = 0;
      afterLoss = true;
      counters.resyncs += 1;
      emit({ kind: 'resync', direction, lostBytes });
      counters.recoveredBytes += found.bytes.length + bytes.length - found.resumeAt;
      decodeProof(found, seen);
      frames.bytes(bytes, found.resumeAt, bytes.length, seen);
    },
    gap(length) {
      counters.lostBytes += length;
      if (search !== null) {
        desync(length);
        return;
      }
      const unaccounted = frames.gap(length);
      if (unaccounted !== null) desync(unaccounted);
    },
    desync,
    synced: () => search === null,
    allowTableSize: hpack.allowTableSize,
  };
};
