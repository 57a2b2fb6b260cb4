import type { Timers } from '../export/timers.ts';
import type { Clock } from '../foundation/clock.ts';
import type { MetricBook } from './book.ts';

const everyMs = 500;

/** Looks twice a second how late a timer runs: what holds up the loop for long holds up the timer too. */
export const watchEventLoop = (book: MetricBook, clock: Clock, timers: Timers): (() => void) => {
  let cancel: () => void = () => undefined;
  const wait = (): void => {
    const due = clock.monotonic() + BigInt(everyMs) * 1_000_000n;
    cancel = timers.after(everyMs, () => {
      const late = Number(clock.monotonic() - due) / 1e9;
      book.observe('critrace_event_loop_lag_seconds', {}, Math.max(0, late));
      wait();
    });
  };
  wait();
  return () => cancel();
};
