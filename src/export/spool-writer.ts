import type { Timers } from '../foundation/timers.ts';
import type { SpoolLimits } from './limits.ts';
import type { OtlpJsonLine } from './otlp-json.ts';
import type { Batch, SpanQueue } from './span-queue.ts';
import type { SpoolDisk } from './spool-disk.ts';

/** Brings the queue's spans to disk, one piece of work after the other. */
export interface SpoolWriter {
  /** Writes all that is in memory only. Resolves also when that fails: the spans then stay in memory. */
  writeDown(): Promise<void>;
  /**
   * Sees to it that what is in memory now is written when it is `journalMs` old and not delivered, or at once where that
   * is much. While the journal rests it does nothing: then all is written together.
   */
  schedule(): void;
  /** Deletes what is no longer owed. */
  release(): void;
  /** Resolves when the work begun so far is done. */
  idle(): Promise<void>;
  /** The last piece of work failed. */
  failed(): boolean;
  stop(): void;
}

export interface SpoolWriterOptions {
  readonly disk: SpoolDisk;
  readonly queue: SpanQueue;
  readonly line: OtlpJsonLine;
  readonly limits: SpoolLimits;
  readonly timers: Timers;
  /** Spans that ever came. */
  readonly accepted: () => number;
  /** The first journal line that is still owed. */
  readonly cursor: () => number;
  /** The disk bound took so many spans. */
  readonly dropped: (spans: number) => void;
  readonly trouble: (error: unknown) => void;
  readonly changed: () => void;
}

/** Batches serialised and written in one go: enough to be quick, few enough not to hold up the observer. */
const batchesPerWrite = 4;

export const createSpoolWriter = (options: SpoolWriterOptions): SpoolWriter => {
  const { queue, limits, changed } = options;
  const { journal } = options.disk;
  let work: Promise<void> = Promise.resolve();
  let failed = false;
  let stopped = false;
  let cancelRest: (() => void) | null = null;
  const cancels = new Set<() => void>();

  const rest = (): void => {
    if (stopped || cancelRest !== null) return;
    cancelRest = options.timers.after(limits.journalRestMs, () => {
      cancelRest = null;
      void writeDown();
    });
  };

  const serial = (piece: () => Promise<void>): Promise<void> => {
    work = work
      .then(piece)
      .then(
        () => {
          failed = false;
        },
        (error: unknown) => {
          failed = true;
          options.trouble(error);
          rest();
        },
      )
      .then(changed);
    return work;
  };

  const append = async (batches: readonly Batch[]): Promise<void> => {
    let sequence = journal.next();
    for (const batch of batches) batch.sequence = sequence++;
    try {
      const positions = await journal.append(batches.map(({ spans }) => options.line(spans ?? [])));
      for (const [index, batch] of batches.entries()) batch.position = positions[index] ?? null;
    } catch (error) {
      for (const batch of batches) batch.sequence = null;
      throw error;
    }
  };

  const write = async (batches: readonly Batch[]): Promise<void> => {
    await append(batches);
    if (queue.memorySpans > limits.memorySpans / 2) queue.releaseMemory(batches);
    const first = await journal.shrink();
    const dropped = queue.dropBefore(first);
    if (dropped > 0) options.dropped(dropped);
    // Some of them may have been delivered in the meantime.
    await journal.release(options.cursor());
    changed();
  };

  const writeDown = (): Promise<void> =>
    serial(async () => {
      for (;;) {
        const batches = queue.unwritten(batchesPerWrite);
        if (batches.length === 0) return;
        await write(batches);
      }
    });

  const schedule = (): void => {
    if (stopped || cancelRest !== null) return;
    if (queue.unwrittenSpans > limits.memorySpans / 4) {
      void writeDown();
      return;
    }
    const came = options.accepted();
    const cancel = options.timers.after(limits.journalMs, () => {
      cancels.delete(cancel);
      // Those that are only in memory are the newest: what had come by then may have been delivered.
      if (cancelRest === null && options.accepted() - queue.unwrittenSpans < came) void writeDown();
    });
    cancels.add(cancel);
  };

  return {
    writeDown,
    schedule,
    release() {
      void serial(() => journal.release(options.cursor()));
    },
    idle: () => work,
    failed: () => failed,
    stop() {
      // Whatever is written from here on is written by who stops.
      stopped = true;
      for (const cancel of cancels) cancel();
      cancelRest?.();
    },
  };
};
