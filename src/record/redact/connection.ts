import type { Direction } from '../../foundation/direction.ts';
import type { HeaderField } from '../../http2/event.ts';
import { createHpackDecoder, type HpackDecoder } from '../../http2/hpack/decoder.ts';
import { createHttp2Counters, defaultHttp2Limits } from '../../http2/limits.ts';
import { createFrameWalker, type FrameWalker, type Walked } from './frame-walker.ts';
import { redactHeaderValues } from './header-values.ts';
import type { HeldEvent, Unit } from './held-event.ts';
import type { RedactCounters, RedactLimits } from './limits.ts';
import { createMessageStream, type MessageRewriter, type MessageStream } from './message-stream.ts';
import { addPiece, createUnit, decideUnit, giveUpUnit } from './unit.ts';

/** How the messages of a method are rewritten; null for a method that is not in the schema. `path` as in `:path`. */
export type RewriterOf = (path: string, direction: Direction) => MessageRewriter;

/** Overwrites the secrets of one connection in place, in the events' own bytes. */
export interface ConnectionRedactor {
  data(event: HeldEvent, direction: Direction, bytes: Uint8Array): void;
  gap(direction: Direction, length: number): void;
  /** No more bytes: whatever is begun is overwritten. */
  end(): void;
}

interface Stream {
  /** Null: headers not seen, cut, or not gRPC. */
  readonly path: string | null;
  readonly request: MessageStream;
  readonly response: MessageStream;
}

interface Side {
  readonly walker: FrameWalker;
  readonly hpack: HpackDecoder;
  block: Unit;
  /** The stream whose header block is in progress. */
  blockStream: number;
  /** Boundaries lost, or never known: all is overwritten from here on. */
  opaque: boolean;
}

const opaqueFiller = 0;
/** An indexed field with index 0: a decoding error (RFC 7541 section 6.1), so that no reader trusts the block. */
const blockFiller = 0x80;

const requestPath = (fields: readonly HeaderField[]): string | null => {
  let path: string | null = null;
  let grpc = false;
  for (const { name, value } of fields) {
    if (typeof value !== 'string') continue;
    if (name === ':path') path = value;
    if (name === 'content-type') grpc = value.startsWith('application/grpc');
  }
  return grpc ? path : null;
};

export const createConnectionRedactor = (
  joined: boolean,
  rewriterOf: RewriterOf,
  limits: RedactLimits,
  counters: RedactCounters,
): ConnectionRedactor => {
  const http2Counters = createHttp2Counters();
  let epochs = 0;
  const side = (expectPreface: boolean): Side => {
    const hpack = createHpackDecoder({
      limits: defaultHttp2Limits,
      counters: http2Counters,
      fromStart: true,
      nextEpoch: () => epochs++,
    });
    // Settings are not followed here: whatever size the encoder chooses was allowed.
    hpack.allowTableSize(Number.POSITIVE_INFINITY);
    return {
      walker: createFrameWalker(expectPreface),
      hpack,
      block: createUnit(),
      blockStream: 0,
      opaque: joined,
    };
  };
  const sides = { request: side(true), response: side(false) };
  const streams = new Map<number, Stream>();
  if (joined) counters.directionsOverwritten += 2;

  const stream = (id: number, path: string | null): Stream => {
    const opened: Stream = {
      path,
      request: createMessageStream(limits, counters),
      response: createMessageStream(limits, counters),
    };
    streams.set(id, opened);
    if (streams.size > limits.maxStreams) {
      const oldest = streams.entries().next().value;
      if (oldest !== undefined) forget(oldest[0], oldest[1]);
    }
    return opened;
  };

  const forget = (id: number, { request, response }: Stream): void => {
    request.end();
    response.end();
    streams.delete(id);
  };

  const goOpaque = (direction: Direction): void => {
    const { opaque, block, hpack } = sides[direction];
    if (opaque) return;
    counters.directionsOverwritten += 1;
    sides[direction].opaque = true;
    giveUpUnit(block, blockFiller);
    hpack.restart();
    for (const open of streams.values()) open[direction].lost();
  };

  const endBlock = (direction: Direction): void => {
    const { block, blockStream, hpack } = sides[direction];
    sides[direction].block = createUnit();
    let fields: readonly HeaderField[] = [];
    const decoded =
      !block.overwritten &&
      decideUnit(block, blockFiller, (bytes) => {
        const read = hpack.decode(bytes, 0, bytes.length);
        fields = read.fields;
        return read.complete && redactHeaderValues(bytes, fields);
      });
    if (decoded) counters.blocksRedacted += 1;
    else {
      counters.blocksOverwritten += 1;
      hpack.restart();
    }
    if (direction === 'request' && !streams.has(blockStream)) {
      stream(blockStream, decoded ? requestPath(fields) : null);
    }
  };

  const visit = (direction: Direction, event: HeldEvent, walked: Walked): void => {
    const current = sides[direction];
    switch (walked.kind) {
      case 'block_start':
        current.blockStream = walked.stream;
        return;
      case 'block':
        addPiece(current.block, event, walked.bytes, blockFiller);
        if (current.block.length > limits.maxBlockBytes) giveUpUnit(current.block, blockFiller);
        return;
      case 'block_end':
        endBlock(direction);
        return;
      case 'data': {
        const { path, [direction]: messages } = streams.get(walked.stream) ?? stream(walked.stream, null);
        if (path === null) walked.bytes.fill(opaqueFiller);
        else messages.data(event, walked.bytes, rewriterOf(path, direction));
        if (path === null) event.overwritten += walked.bytes.length;
        return;
      }
      case 'unknown':
        event.overwritten += walked.bytes.length;
        walked.bytes.fill(opaqueFiller);
        return;
      case 'opaque':
        walked.bytes.fill(opaqueFiller);
        return;
      // The stream stays in the table: late frames of the other side may still need its method.
      case 'stream_end':
        streams.get(walked.stream)?.[direction].end();
        return;
      case 'not_http2':
        goOpaque(direction);
        return;
    }
  };

  return {
    data(event, direction, bytes) {
      if (sides[direction].opaque) {
        bytes.fill(opaqueFiller);
        event.overwritten += bytes.length;
        return;
      }
      sides[direction].walker.bytes(bytes, (walked) => visit(direction, event, walked));
      // The walker gave up in it and handed it over whole.
      if (sides[direction].opaque) event.overwritten = bytes.length;
    },
    gap(direction, length) {
      const { opaque, walker, block } = sides[direction];
      if (opaque) return;
      const place = walker.gap(length);
      if (place.inside === 'beyond') goOpaque(direction);
      if (place.inside === 'data') streams.get(place.stream)?.[direction].lost();
      if (place.inside === 'block') giveUpUnit(block, blockFiller);
      walker.afterGap((walked) => {
        if (walked.kind === 'block_end') endBlock(direction);
        if (walked.kind === 'stream_end') streams.get(walked.stream)?.[direction].end();
      });
    },
    end() {
      giveUpUnit(sides.request.block, blockFiller);
      giveUpUnit(sides.response.block, blockFiller);
      for (const [id, open] of streams) forget(id, open);
    },
  };
};
