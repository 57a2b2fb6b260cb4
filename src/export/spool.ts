import type { Timers } from '../foundation/timers.ts';
import type { Span } from '../spans/span.ts';
import type { ExportCounters } from './counters.ts';
import type { Position } from './journal.ts';
import type { SpoolLimits } from './limits.ts';
import type { OtlpTransport, SendResult } from './otlp-grpc.ts';
import type { OtlpJsonLine } from './otlp-json.ts';
import { parseOtlpLine } from './otlp-parse.ts';
import { backoffMs } from './retry.ts';
import type { ExportLog } from './sink.ts';
import { type Batch, createSpanQueue } from './span-queue.ts';
import { createSpanSize } from './span-size.ts';
import { openSpoolDisk } from './spool-disk.ts';
import { createSpoolWriter } from './spool-writer.ts';

/** What the last request met. `away`: to be tried again; `refusing`: answered with what is not to be tried again. */
export type CollectorState = 'unknown' | 'up' | 'away' | 'refusing';

export interface Spool {
  offer(spans: readonly Span[]): void;
  ready(): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
  collector(): CollectorState;
}

export interface SpoolOptions {
  /** Null: memory only. */
  readonly directory: string | null;
  readonly transport: OtlpTransport;
  readonly line: OtlpJsonLine;
  readonly limits: SpoolLimits;
  readonly counters: ExportCounters;
  readonly timers: Timers;
  readonly random: () => number;
  readonly log: ExportLog;
}

/**
 * Holds spans until the collector has them. In memory at first; written to the journal when they are older than
 * `journalMs`; sent oldest first, one request at a time; deleted when the collector has answered.
 *
 *   offer -> queue (memory) -> journal (disk)        a kill takes only what is not yet on the right
 *              \-> request -> collector -> settled   the ledger counts both ends, so a loss is known to the span
 */
export const createSpool = async (options: SpoolOptions): Promise<Spool> => {
  const { limits, counters, timers, log, transport } = options;
  const disk =
    options.directory === null || limits.diskBytes === 0
      ? null
      : await openSpoolDisk(options.directory, limits, counters, log);
  const queue = createSpanQueue(limits);
  const sizeOf = createSpanSize();
  let accepted = disk?.accepted ?? 0;
  let settled = disk?.settled ?? 0;
  for (const line of disk?.left ?? []) queue.restore(line);

  let state: CollectorState = 'unknown';
  let attempt = 0;
  let failures = 0;
  let sending = false;
  let flushes = 0;
  let closed = false;
  let cancelBackoff: (() => void) | null = null;
  let cancelDelay: (() => void) | null = null;
  const told = new Set<string>();
  const watchers = new Set<() => void>();

  const once = (level: 'warn' | 'error', message: string): void => {
    if (told.has(message) || told.size >= 100) return;
    told.add(message);
    log(level, message);
  };

  /** Resolves when `condition` holds; looked at after each change. */
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });

  /** The first journal line that is still owed. */
  const cursor = (): number => queue.firstSequence() ?? disk?.journal.next() ?? 0;

  const writeBalance = (): void => {
    if (disk === null || closed) return;
    try {
      disk.ledger.write({ accepted, settled, cursor: cursor() });
    } catch (error) {
      diskTrouble(error);
    }
  };

  const changed = (): void => {
    counters.spooledSpans = queue.spans;
    writeBalance();
    for (const look of [...watchers]) look();
  };

  const settle = (count: number): void => {
    settled += count;
  };

  const diskTrouble = (error: unknown): void => {
    counters.spoolErrors++;
    once('error', `spool: ${error instanceof Error ? error.message : String(error)}`);
  };

  const writer =
    disk === null
      ? null
      : createSpoolWriter({
          disk,
          queue,
          line: options.line,
          limits,
          timers,
          accepted: () => accepted,
          cursor,
          dropped(spans) {
            counters.droppedSpoolFull += spans;
            settle(spans);
            once('warn', 'spool: the disk bound is reached, the oldest spans are being dropped');
          },
          trouble: diskTrouble,
          changed,
        });

  /** The spans of each batch, from memory or from disk; null where they cannot be read back. */
  const spansOf = async (batches: readonly Batch[]): Promise<readonly (readonly Span[] | null)[]> => {
    const onDisk = batches.flatMap(({ spans, position }) => (spans === null && position ? [position] : []));
    const lines = new Map<Position, Buffer>();
    if (onDisk.length > 0 && disk !== null) {
      const read = await disk.journal.read(onDisk);
      for (const [index, position] of onDisk.entries()) {
        const line = read[index];
        if (line) lines.set(position, line);
      }
    }
    return batches.map(({ spans, position }) => {
      const line = position === null ? undefined : lines.get(position);
      return spans ?? (line === undefined ? null : parseOtlpLine(line.toString('utf8')));
    });
  };

  const settleBatches = (batches: readonly Batch[]): void => {
    for (const { count } of batches) settle(count);
    queue.remove(batches);
    writer?.release();
  };

  const backOff = (afterMs: number | null): void => {
    const delay = Math.max(afterMs ?? 0, backoffMs(attempt++, limits.backoff, options.random));
    cancelBackoff = timers.after(delay, () => {
      cancelBackoff = null;
      pump(true);
    });
  };

  const answered = (result: SendResult, batches: readonly Batch[], sent: number): void => {
    const before = state;
    switch (result.kind) {
      case 'sent':
        state = 'up';
        attempt = 0;
        counters.rejected += Math.min(result.rejected, sent);
        counters.delivered += sent - Math.min(result.rejected, sent);
        if (result.reason !== null) once('warn', `collector: ${result.reason}`);
        settleBatches(batches);
        break;
      case 'refused':
        state = 'refusing';
        attempt = 0;
        counters.droppedRefused += sent;
        once('error', `collector refuses spans, they are dropped: ${result.reason}`);
        settleBatches(batches);
        break;
      case 'retry':
        state = 'away';
        counters.retries++;
        failures++;
        queue.giveBack();
        backOff(result.afterMs);
        break;
    }
    if (state === 'away' && before !== 'away') log('warn', `collector: ${result.reason}; spans wait`);
    if (state === 'up' && before === 'away') log('info', 'collector: back');
  };

  const request = async (): Promise<void> => {
    const batches = queue.take();
    const spans: Span[] = [];
    const unreadable: Batch[] = [];
    const contents = await spansOf(batches);
    for (const [index, batch] of batches.entries()) {
      const read = contents[index] ?? null;
      if (read === null || read.length === 0) unreadable.push(batch);
      else spans.push(...read);
    }
    const readable = batches.filter((batch) => !unreadable.includes(batch));
    if (unreadable.length > 0) {
      counters.droppedCorrupt += unreadable.reduce((sum, { count }) => sum + count, 0);
      once('error', 'spool: lines that cannot be read are dropped');
    }
    if (spans.length === 0) {
      settleBatches(batches);
      return;
    }
    counters.requests++;
    const result = await transport
      .send(spans)
      .catch((error: unknown): SendResult => ({ kind: 'retry', afterMs: null, reason: String(error) }));
    // What came back after the end stays in the journal: the next run sends it again.
    if (closed) return;
    const owed = readable.reduce((sum, { count }) => sum + count, 0);
    if (result.kind === 'retry' && unreadable.length > 0) settleBatches(unreadable);
    answered(result, result.kind === 'retry' ? readable : batches, owed);
  };

  /** Sends while there is something to send: full requests at once, others when `due`. */
  const pump = (due: boolean): void => {
    if (sending || cancelBackoff !== null || queue.spans === 0 || closed) return;
    if (!due && flushes === 0 && queue.spans < limits.requestSpans) {
      cancelDelay ??= timers.after(limits.delayMs, () => {
        cancelDelay = null;
        pump(true);
      });
      return;
    }
    cancelDelay?.();
    cancelDelay = null;
    sending = true;
    void request().finally(() => {
      sending = false;
      changed();
      pump(false);
    });
  };

  const makeRoom = (): void => {
    if (queue.unwrittenSpans <= limits.memorySpans) return;
    while (queue.unwrittenSpans > limits.memorySpans) {
      const dropped = queue.dropUnwritten();
      if (dropped === 0) break;
      counters.droppedQueueFull += dropped;
      settle(dropped);
      once('warn', 'spool: memory is full, the oldest spans are being dropped');
    }
  };

  const tryAgainNow = (): void => {
    cancelBackoff?.();
    cancelBackoff = null;
    pump(true);
  };

  const flush = async (): Promise<void> => {
    if (closed) return;
    const before = failures;
    flushes++;
    tryAgainNow();
    await until(() => closed || queue.spans === 0 || failures > before);
    flushes--;
    await writer?.writeDown();
  };

  const within = (ms: number, work: Promise<void>): Promise<void> =>
    new Promise((resolve) => {
      const cancel = timers.after(ms, resolve);
      void work
        .catch((error: unknown) => once('error', `spool: ${String(error)}`))
        .finally(() => {
          cancel();
          resolve();
        });
    });

  const stopTimers = (): void => {
    for (const cancel of [cancelBackoff, cancelDelay]) cancel?.();
    cancelBackoff = cancelDelay = null;
    writer?.stop();
  };

  if (queue.spans > 0) pump(true);
  changed();

  return {
    offer(spans) {
      counters.offered += spans.length;
      if (closed) {
        counters.droppedAtShutdown += spans.length;
        return;
      }
      accepted += spans.length;
      for (const span of spans) {
        const size = sizeOf(span);
        if (size > limits.requestBytes) {
          counters.droppedTooLarge++;
          settle(1);
        } else queue.push(span, size);
      }
      makeRoom();
      changed();
      writer?.schedule();
      pump(false);
    },
    ready: () =>
      until(
        () =>
          closed ||
          queue.unwrittenSpans <= limits.memorySpans / 2 ||
          (state === 'away' && (writer === null || writer.failed())),
      ),
    flush,
    async close() {
      if (closed) return;
      await within(limits.closeMs, flush());
      stopTimers();
      await writer?.writeDown();
      await writer?.idle();
      queue.giveBack();
      let lost = 0;
      for (let dropped = queue.dropUnwritten(); dropped > 0; dropped = queue.dropUnwritten()) lost += dropped;
      counters.droppedAtShutdown += lost;
      settle(lost);
      if (lost > 0) once('warn', `spool: ${lost} spans were in memory only at the end, and are lost`);
      changed();
      closed = true;
      for (const look of [...watchers]) look();
      await disk?.journal.close().catch(() => {
        counters.spoolErrors++;
      });
      disk?.ledger.close();
      disk?.release();
      await within(limits.closeMs, transport.close());
    },
    collector: () => state,
  };
};
