import { once } from 'node:events';

/** Text is collected up to this size before it is written: a line at a time would be a system call a line. */
const batchCharacters = 64 * 1024;

/** Why the signal aborts when stdout has no reader any more. */
export const readerGone = 'EPIPE';

/** Writes to stdout no faster than its reader reads, so that memory stays bounded in front of a pager. */
export interface Output {
  /** Takes text; a promise when the reader is behind and the caller must wait. */
  write(text: string | Uint8Array): Promise<void> | undefined;
  /** All that was taken is handed on; live output is flushed after every batch of findings. */
  flush(): Promise<void> | undefined;
}

export const createOutput = (stream: NodeJS.WriteStream, signal: AbortSignal): Output => {
  let held = '';

  const drained = async (): Promise<void> => {
    try {
      await once(stream, 'drain', { signal });
    } catch {
      // Stopped by a signal, or the reader is gone: whoever writes asks the signal.
    }
  };
  const hand = (piece: string | Uint8Array): Promise<void> | undefined => {
    if (piece.length === 0 || signal.reason === readerGone) return undefined;
    // After a stop signal the rest is handed on without waiting: whoever reads may never read again.
    return stream.write(piece) || signal.aborted ? undefined : drained();
  };
  const flush = (): Promise<void> | undefined => {
    const text = held;
    held = '';
    return hand(text);
  };
  return {
    write(text) {
      if (typeof text !== 'string') return flush()?.then(() => hand(text)) ?? hand(text);
      held += text;
      return held.length >= batchCharacters ? flush() : undefined;
    },
    flush,
  };
};
