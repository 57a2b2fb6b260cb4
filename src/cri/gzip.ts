import { gunzipSync } from 'node:zlib';
import type { BrokenReason } from './kept.ts';
import type { CriCounters, CriLimits } from './limits.ts';

export type Inflated =
  | { readonly kind: 'inflated'; readonly bytes: Uint8Array }
  | { readonly kind: 'broken'; readonly reason: BrokenReason };

/** Holds a compressed message until it is complete, within bounds. */
export interface Inflater {
  push(bytes: Uint8Array): void;
  end(): Inflated;
}

const isTooLong = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';

/** gzip is what gRPC compresses with where it does; another encoding is told by its missing magic number. */
export const createInflater = (limits: CriLimits, counters: CriCounters): Inflater => {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let isOver = false;
  const over = (): Inflated => {
    counters.overInflated += 1;
    return { kind: 'broken', reason: 'over_bound' };
  };
  return {
    push(bytes) {
      held += bytes.length;
      if (held > limits.maxCompressedBytes) {
        isOver = true;
        pieces = [];
      } else if (bytes.length > 0) pieces.push(Uint8Array.from(bytes));
    },
    end() {
      if (isOver) return over();
      try {
        const bytes = gunzipSync(Buffer.concat(pieces), { maxOutputLength: limits.maxInflatedBytes });
        return { kind: 'inflated', bytes };
      } catch (error) {
        return isTooLong(error) ? over() : { kind: 'broken', reason: 'compression' };
      } finally {
        pieces = [];
      }
    },
  };
};
