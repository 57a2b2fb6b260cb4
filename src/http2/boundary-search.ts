import type { Direction } from '../foundation/direction.ts';
import type { Seen } from '../foundation/time.ts';
import { flag, frameHeaderBytes, frameType, streamAt, uint24At } from './frame.ts';
import type { Http2Limits } from './limits.ts';
import { type FrameContext, plausibleAfter, plausibleAlone } from './plausible-frame.ts';

/** A frame boundary, proved by the frames that follow it. */
export interface Boundary {
  /** What was seen from the boundary on, but for what is left of the input. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` the frames that prove it begin, and when their first octets were seen. */
  readonly frames: readonly { readonly at: number; readonly first: Seen }[];
  /** Octets before the boundary. */
  readonly skipped: number;
  /** Where in the input the decoder goes on. */
  readonly resumeAt: number;
}

export interface BoundarySearch {
  bytes(bytes: Uint8Array, from: number, seen: Seen): Boundary | null;
  /** Octets searched so far, found or not. */
  searched(): number;
}

/** What other parts of the connection know, asked anew at each frame. */
export interface SearchKnowledge {
  readonly maxFrameBytes: () => number;
  readonly highestStream: () => number;
  readonly highestCertain: () => boolean;
  readonly onCandidateDropped: () => void;
}

/** Frames that follow one another, each beginning where the length of the one before says. */
interface Chain extends FrameContext {
  /** Where the first of them begins. */
  readonly start: number;
  readonly frames: readonly { readonly at: number; readonly first: Seen }[];
}

/** Input is searched in slices, so that one large input needs no large buffer. */
const sliceBytes = 16_384;

/**
 * Looks for a frame boundary where no known length leads. Each octet may begin a frame; a chain of plausible frames
 * is followed from wherever one begins, all chains at once, octet by octet in the order of the stream, and the first
 * to reach `resyncFrames` wins. So how the input is cut changes nothing, and a false chain that promises a long
 * frame holds nobody up.
 *
 *     ....|hdr|payload...|hdr|payload|hdr|...      a chain: `frames`, and under `expected` where its next one begins
 *        ....|hdr|......................|          a false one: nothing plausible where it ends
 */
export const createBoundarySearch = (
  direction: Direction,
  limits: Http2Limits,
  knowledge: SearchKnowledge,
): BoundarySearch => {
  // Positions count from the first octet searched.
  const expected = new Map<number, Chain>();
  let buffer = new Uint8Array(0);
  let base = 0;
  let end = 0;
  let next = 0;
  /** When the octets not yet judged were seen: at most one entry for each octet of a header. */
  const recent: { until: number; seen: Seen }[] = [];

  /** Where a chain becomes too long to be kept, or was not gone on with where it should. */
  const expiry = (at: number, { start }: Chain): number =>
    Math.min(at + 1, start + limits.resyncBytes - frameHeaderBytes + 1);

  const alive = ({ start }: Chain): boolean => next + frameHeaderBytes - start <= limits.resyncBytes;

  /** Before this position, pruning is in vain. */
  let pruneFrom = 0;
  const prune = (): void => {
    pruneFrom = Number.POSITIVE_INFINITY;
    for (const [at, chain] of expected) {
      const until = expiry(at, chain);
      if (until <= next) expected.delete(at);
      else pruneFrom = Math.min(pruneFrom, until);
    }
  };

  /** Keeps what a living chain may need, and what was not judged yet. */
  const makeRoom = (octets: number): void => {
    if (end - base + octets <= buffer.length) return;
    prune();
    let keepFrom = next;
    for (const chain of expected.values()) keepFrom = Math.min(keepFrom, chain.start);
    const kept = end - keepFrom;
    if (kept + octets > buffer.length) {
      const wider = new Uint8Array(Math.max(kept + octets, Math.min(buffer.length * 2, limits.resyncBytes)));
      wider.set(buffer.subarray(keepFrom - base, end - base));
      buffer = wider;
    } else buffer.copyWithin(0, keepFrom - base, end - base);
    base = keepFrom;
  };

  const firstSeen = (at: number, fallback: Seen): Seen => {
    while ((recent[0]?.until ?? at + 1) <= at) recent.shift();
    return recent[0]?.seen ?? fallback;
  };

  /** Of two chains that meet, the better proved stays; of equals, the one that lost less. */
  const better = (chain: Chain, rival: Chain): boolean =>
    chain.frames.length === rival.frames.length
      ? chain.start < rival.start
      : chain.frames.length > rival.frames.length;

  const offer = (at: number, chain: Chain): void => {
    const rival = expected.get(at);
    if (rival === undefined) {
      if (expected.size >= limits.resyncCandidates && next >= pruneFrom) prune();
      if (expected.size >= limits.resyncCandidates) {
        knowledge.onCandidateDropped();
        return;
      }
    } else if (alive(rival) && !better(chain, rival)) return;
    expected.set(at, chain);
    pruneFrom = Math.min(pruneFrom, expiry(at, chain));
  };

  /** Judges the octets at `next` as a frame's header. Returns the chain when it is long enough. */
  const judge = (seen: Seen, maxFrameBytes: number): Chain | null => {
    const at = next - base;
    const length = uint24At(buffer, at);
    if (length > maxFrameBytes) return null;
    const type = buffer[at + 3] ?? 0;
    // The reserved bit is not set (RFC 9113 section 4.1).
    if (type > frameType.continuation || (buffer[at + 5] ?? 0) >= 0x80) return null;
    const flags = buffer[at + 4] ?? 0;
    const stream = streamAt(buffer, at + 5);
    if (!plausibleAlone(direction, length, type, flags, stream)) return null;

    const bounded = direction === 'response' && knowledge.highestCertain();
    const nothingBefore = { continues: null, highestStream: knowledge.highestStream() };
    const arriving = expected.get(next);
    expected.delete(next);
    // Streams go on being opened while a chain grows: what the client has opened by now bounds a response.
    const reached =
      arriving === undefined
        ? nothingBefore
        : {
            continues: arriving.continues,
            highestStream: Math.max(arriving.highestStream, nothingBefore.highestStream),
          };
    const before =
      arriving !== undefined &&
      alive(arriving) &&
      plausibleAfter(reached, bounded, direction, type, flags, stream)
        ? arriving
        : null;
    const context = before === null ? nothingBefore : reached;
    if (before === null && !plausibleAfter(context, bounded, direction, type, flags, stream)) return null;
    const opensBlock =
      type === frameType.headers || type === frameType.continuation || type === frameType.pushPromise;
    const chain: Chain = {
      start: before?.start ?? next,
      frames: [...(before?.frames ?? []), { at: next, first: firstSeen(next, seen) }],
      continues: opensBlock && (flags & flag.endHeaders) === 0 ? stream : 0,
      highestStream:
        type === frameType.headers ? Math.max(context.highestStream, stream) : context.highestStream,
    };
    if (chain.frames.length >= limits.resyncFrames) return chain;
    offer(next + frameHeaderBytes + length, chain);
    return null;
  };

  return {
    bytes(bytes, from, seen) {
      let at = from;
      const maxFrameBytes = Math.min(knowledge.maxFrameBytes(), limits.resyncBytes);
      // Most octets are refused by these two before anything else is looked at.
      const highestLengthOctet = maxFrameBytes >>> 16;
      while (at < bytes.length) {
        const slice = bytes.subarray(at, Math.min(bytes.length, at + sliceBytes));
        makeRoom(slice.length);
        buffer.set(slice, end - base);
        at += slice.length;
        end += slice.length;
        recent.push({ until: end, seen });
        const octets = buffer;
        for (; next + frameHeaderBytes <= end; next++) {
          const offset = next - base;
          if (
            (octets[offset] ?? 0) > highestLengthOctet ||
            (octets[offset + 3] ?? 0) > frameType.continuation
          )
            continue;
          const found = judge(seen, maxFrameBytes);
          if (found === null) continue;
          const { start } = found;
          return {
            bytes: buffer.subarray(start - base, end - base),
            frames: found.frames.map((frame) => ({ at: frame.at - start, first: frame.first })),
            skipped: start,
            resumeAt: at,
          };
        }
        firstSeen(next, seen);
      }
      return null;
    },
    searched: () => end,
  };
};
