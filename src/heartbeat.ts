import type { Clock } from './foundation/clock.ts';
import type { Nanos } from './foundation/time.ts';
import type { Timers } from './foundation/timers.ts';

/** Stuck calls are told so much late at most. */
export const heartbeatMs = 1000;

/** Says how late it is while a live source has nothing to tell. */
export interface Heartbeat {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly everyMs: number;
}

export type Beat<T> =
  | { readonly kind: 'batch'; readonly batch: T }
  | { readonly kind: 'idle'; readonly now: Nanos };

/**
 * The batches as they come, and a beat each time that none came for `everyMs`: only when nothing waits to be read, so
 * that what is late to be read is not taken for late to happen.
 */
export async function* withHeartbeat<T>(
  batches: AsyncIterable<T>,
  { clock, timers, everyMs }: Heartbeat,
): AsyncGenerator<Beat<T>> {
  const iterator = batches[Symbol.asyncIterator]();
  let wake: () => void = () => undefined;
  let read: IteratorResult<T> | null = null;
  let failed: { readonly error: unknown } | null = null;
  let reading = false;
  // One reaction to each read, however many beats pass before it.
  const readOn = (): void => {
    reading = true;
    iterator.next().then(
      (result) => {
        read = result;
        reading = false;
        wake();
      },
      (error: unknown) => {
        failed = { error };
        reading = false;
        wake();
      },
    );
  };
  const outcome = (): { result: IteratorResult<T> | null; fault: { readonly error: unknown } | null } => ({
    result: read,
    fault: failed,
  });
  try {
    readOn();
    for (;;) {
      await new Promise<void>((resolve) => {
        const cancel = timers.after(everyMs, resolve);
        wake = () => {
          cancel();
          resolve();
        };
        if (!reading) wake();
      });
      const { result, fault } = outcome();
      if (fault !== null) throw fault.error;
      if (result === null) {
        yield { kind: 'idle', now: clock.now() };
        continue;
      }
      if (result.done === true) return;
      read = null;
      yield { kind: 'batch', batch: result.value };
      readOn();
    }
  } finally {
    // While a read is under way its end would have to be waited for, and it may never come.
    const over = iterator.return?.();
    if (!reading) await over;
    else over?.catch(() => undefined);
  }
}
