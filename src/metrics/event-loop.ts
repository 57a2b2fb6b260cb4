import type { SystemTimers } from '../foundation/timers.ts';
import type { MetricBook } from './book.ts';

/** How late the event loop comes to what it waits for: several times a second with a tap, once with a relay that has nothing to do. */
export const watchEventLoop = (book: MetricBook, timers: Pick<SystemTimers, 'watchLateness'>): (() => void) =>
  timers.watchLateness((late) => book.observe('critrace_event_loop_lag_seconds', {}, Number(late) / 1e9));
