import type { Span } from '../spans/span.ts';
import type { JournalLine, Position } from './journal.ts';
import type { SpoolLimits } from './limits.ts';

/** Spans that travel together: one line of the journal. */
export interface Batch {
  readonly count: number;
  readonly size: number;
  /** Null where they are only on disk. */
  spans: readonly Span[] | null;
  /** Of its journal line; null before it is being written. */
  sequence: number | null;
  /** Null until it is written. */
  position: Position | null;
}

/** Spans owed to the collector, oldest first. Those not written down are always the newest, but for what is on its way. */
export interface SpanQueue {
  readonly spans: number;
  /** Spans that a kill would take. */
  readonly unwrittenSpans: number;
  readonly memorySpans: number;
  /** The lowest journal line that is still owed; null when none is. */
  firstSequence(): number | null;
  push(span: Span, size: number): void;
  restore(line: JournalLine): void;
  /** The oldest batches that fit into one request; at least one where there is any. They stay until `remove`. */
  take(): readonly Batch[];
  /** Ends the request: its batches are settled, or, with `giveBack`, owed as before. */
  remove(batches: readonly Batch[]): void;
  giveBack(): void;
  /** Batches not yet written, oldest first, at most `limit`. */
  unwritten(limit: number): readonly Batch[];
  /** Drops the oldest batch that is neither written nor on its way; how many spans that were. */
  dropUnwritten(): number;
  /** Drops batches of segments before `segment` that are not on their way; how many spans that were. */
  dropBefore(segment: number): number;
  /** Forgets the spans of batches that can be read back. */
  releaseMemory(batches: readonly Batch[]): void;
}

export const createSpanQueue = (limits: Pick<SpoolLimits, 'requestSpans' | 'requestBytes'>): SpanQueue => {
  let batches: Batch[] = [];
  let inFlight = 0;
  let open: Span[] = [];
  let openSize = 0;

  const sum = (of: (batch: Batch) => number): number =>
    batches.reduce((total, batch) => total + of(batch), 0);

  const seal = (): void => {
    if (open.length === 0) return;
    batches.push({ count: open.length, size: openSize, spans: open, sequence: null, position: null });
    open = [];
    openSize = 0;
  };

  const dropWhere = (gone: (batch: Batch, index: number) => boolean): number => {
    let dropped = 0;
    batches = batches.filter((batch, index) => {
      if (index < inFlight || !gone(batch, index)) return true;
      dropped += batch.count;
      return false;
    });
    return dropped;
  };

  return {
    get spans() {
      return sum(({ count }) => count) + open.length;
    },
    get unwrittenSpans() {
      return sum(({ count, position }) => (position === null ? count : 0)) + open.length;
    },
    get memorySpans() {
      return sum(({ count, spans }) => (spans === null ? 0 : count)) + open.length;
    },
    firstSequence: () => batches.find(({ sequence }) => sequence !== null)?.sequence ?? null,
    push(span, size) {
      if (openSize + size > limits.requestBytes) seal();
      open.push(span);
      openSize += size;
      if (open.length >= limits.requestSpans) seal();
    },
    restore({ position, spans }) {
      // The size of the JSON is more than that of the protobuf message.
      batches.push({
        count: spans,
        size: position.length,
        spans: null,
        sequence: position.sequence,
        position,
      });
    },
    take() {
      seal();
      let count = 0;
      let size = 0;
      let taken = 0;
      for (const batch of batches) {
        count += batch.count;
        size += batch.size;
        if (taken > 0 && (count > limits.requestSpans || size > limits.requestBytes)) break;
        taken++;
      }
      inFlight = taken;
      return batches.slice(0, taken);
    },
    remove(settled) {
      const done = new Set(settled);
      batches = batches.filter((batch) => !done.has(batch));
      inFlight = 0;
    },
    giveBack() {
      inFlight = 0;
    },
    unwritten(limit) {
      seal();
      return batches.filter(({ sequence }) => sequence === null).slice(0, limit);
    },
    dropUnwritten() {
      seal();
      const oldest = batches.findIndex(({ sequence }, index) => index >= inFlight && sequence === null);
      return oldest < 0 ? 0 : dropWhere((_batch, index) => index === oldest);
    },
    dropBefore(segment) {
      return dropWhere(({ position }) => position !== null && position.segment < segment);
    },
    releaseMemory(written) {
      const onTheirWay = new Set(batches.slice(0, inFlight));
      for (const batch of written) {
        if (batch.position !== null && !onTheirWay.has(batch)) batch.spans = null;
      }
    },
  };
};
