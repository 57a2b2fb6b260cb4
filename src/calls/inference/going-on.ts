import { type Belief, fitsAny } from './belief.ts';
import { requestId, type Sampler } from './sample.ts';
import { type IdKind, silentMethods } from './states.ts';

/** A call without a path that has not ended. */
export interface Going {
  readonly stream: number;
  readonly headless: boolean;
  readonly belief: Belief;
  readonly sampler: Sampler | null;
}

/**
 * Calls that go on while others end: what a list shows may be their doing, and not that of the call before it. The same
 * is so of calls that were lost.
 */
export interface GoingOn {
  /** Whether calls before this one were not seen. Clients number their streams by twos. */
  follow(stream: number): boolean;
  begin(call: Going): void;
  /** A call whose path was read. */
  beginRead(stream: number, rpc: string): void;
  end(stream: number): void;
  mayTouch(id: string, kind: IdKind): boolean;
}

/** Streams after which a call that goes on is one whose end was lost. */
const longOpen = 1024;

export const createGoingOn = (maxReads: number): GoingOn => {
  const open = new Map<number, Going>();
  /** Only those that may change something without saying so. */
  const reads = new Map<number, string>();
  let last: number | null = null;

  return {
    follow(stream) {
      const isGap = last !== null && stream > last + 2;
      last = Math.max(stream, last ?? 0);
      return isGap;
    },
    begin: (call) => open.set(call.stream, call),
    beginRead(stream, rpc) {
      if (silentMethods.has(rpc) && reads.size < maxReads) reads.set(stream, rpc);
    },
    end(stream) {
      open.delete(stream);
      reads.delete(stream);
    },
    mayTouch(id, kind) {
      const oldest = (last ?? 0) - longOpen;
      for (const [stream, rpc] of reads) {
        if (stream > oldest && rpc.endsWith('Sandbox') === (kind === 'sandbox')) return true;
      }
      for (const { stream, headless, sampler, belief } of open.values()) {
        if (headless || stream < oldest) continue;
        const request = sampler?.sample('request') ?? null;
        const own = request === null ? null : requestId(request);
        if (own === id || (own === null && fitsAny(belief, silentMethods))) return true;
      }
      return false;
    },
  };
};
