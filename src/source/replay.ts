import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../foundation/clock.ts';
import type { Nanos } from '../foundation/time.ts';
import type { CaptureHeader } from './capture/header.ts';
import type { CaptureCounters, CaptureLimits } from './capture/limits.ts';
import { type CaptureInput, openCapture } from './capture/reader.ts';
import type { SourceEvent } from './event.ts';
import type { Source } from './source.ts';

export interface ReplayOptions {
  /** A file, `-` for standard input, or bytes from elsewhere. */
  readonly input: string | CaptureInput;
  /** 1 is the recorded speed, 2 twice that; null is as fast as it goes. */
  readonly pace: number | null;
  /** Only its monotonic time is used, for pacing: no event carries it. */
  readonly clock: Clock;
  readonly limits?: CaptureLimits;
}

export interface Replay extends Source {
  readonly header: CaptureHeader;
  readonly counters: CaptureCounters;
}

const inputOf = (input: string | CaptureInput): CaptureInput => {
  if (typeof input !== 'string') return input;
  return input === '-' ? { stream: process.stdin, name: 'standard input' } : { path: input };
};

/** Times are far below 2^53 milliseconds; a timer longer than this is set in parts. */
const longestSleepMs = 60_000;

/** Hands on each stretch of events of one time when that time has come. */
async function* paced(
  batches: AsyncIterable<readonly SourceEvent[]>,
  pace: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<readonly SourceEvent[]> {
  let origin: { readonly capture: Nanos; readonly clock: Nanos } | null = null;
  for await (const batch of batches) {
    for (let from = 0; from < batch.length; ) {
      const at = batch[from]?.seen.at ?? 0n;
      let to = from + 1;
      while (batch[to]?.seen.at === at) to++;
      origin ??= { capture: at, clock: clock.monotonic() };
      const dueMs = Number(at - origin.capture) / 1e6 / pace;
      for (;;) {
        const waitMs = dueMs - Number(clock.monotonic() - origin.clock) / 1e6;
        if (waitMs < 1 || signal.aborted) break;
        await delay(Math.min(waitMs, longestSleepMs), undefined, { signal }).catch(() => undefined);
      }
      if (signal.aborted) return;
      yield batch.slice(from, to);
      from = to;
    }
  }
}

/** A capture as a source: the same file gives the same events, always. Rejects with a CaptureError. */
export const createReplay = async (options: ReplayOptions): Promise<Replay> => {
  const { pace, clock, limits } = options;
  const reader = await openCapture(inputOf(options.input), limits === undefined ? {} : { limits });
  const stopping = new AbortController();
  async function* events(): AsyncGenerator<readonly SourceEvent[]> {
    const batches = pace === null ? reader.events() : paced(reader.events(), pace, clock, stopping.signal);
    try {
      if (stopping.signal.aborted) return;
      for await (const batch of batches) {
        yield batch;
        if (stopping.signal.aborted) return;
      }
    } finally {
      await reader.close();
    }
  }
  return {
    identity: `capture:${reader.headerHash}`,
    header: reader.header,
    counters: reader.counters,
    events,
    async stop() {
      stopping.abort();
    },
  };
};
