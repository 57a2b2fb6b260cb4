import type { Clock } from './clock.ts';
import { type Nanos, nanosPerMillisecond } from './time.ts';

/** Delays, given to whoever waits, so that tests decide when time passes. */
export interface Timers {
  /** Runs once after about `ms`; the returned function takes it back. `holds`: the process does not end before. */
  after(ms: number, run: () => void, holds?: boolean): () => void;
}

export interface SystemTimers extends Timers {
  /** Told by how much the event loop was late, each time that it was waited for. The returned function ends it. */
  watchLateness(told: (late: Nanos) => void): () => void;
}

interface Waiting {
  /** It is over between these, together with whatever else is. */
  readonly from: Nanos;
  readonly until: Nanos;
  readonly holds: boolean;
  readonly run: () => void;
}

const nanosOf = (ms: number): Nanos => BigInt(Math.round(ms * 1e6));

/** So much a delay may end too early, and, if it is a long one, too late, to end with another. */
const earlyBy = (ms: number): Nanos => nanosOf(Math.min(ms / 5, 50));
const lateBy = (ms: number): Nanos => (ms < 500 ? 0n : nanosOf(Math.min(ms / 4, 250)));

const mostUrgent = (waiting: ReadonlySet<Waiting>): Waiting | null => {
  let first: Waiting | null = null;
  for (const one of waiting) if (first === null || one.until < first.until) first = one;
  return first;
};

/**
 * One timer of Node's for all who wait: to be woken costs an idle process more than what it is woken for, so delays that
 * end at about the same time end together.
 */
export const systemTimers = ({ monotonic }: Pick<Clock, 'monotonic'>): SystemTimers => {
  const waiting = new Set<Waiting>();
  const watchers = new Set<(late: Nanos) => void>();
  let timer: NodeJS.Timeout | null = null;
  let armedFor: Nanos = 0n;
  let running = false;

  const arm = (): void => {
    const next = mostUrgent(waiting);
    if (next === null || timer === null || next.until !== armedFor) {
      clearTimeout(timer ?? undefined);
      timer = null;
    }
    if (next === null) return;
    if (timer === null) {
      armedFor = next.until;
      const ms = Math.ceil(Number(next.until - monotonic()) / Number(nanosPerMillisecond));
      timer = setTimeout(wake, Math.max(0, ms));
    }
    if ([...waiting].some(({ holds }) => holds)) timer.ref();
    else timer.unref();
  };

  const wake = (): void => {
    timer = null;
    const now = monotonic();
    for (const told of watchers) told(now > armedFor ? now - armedFor : 0n);
    const over = [...waiting].filter(({ from }) => from <= now);
    running = true;
    try {
      for (const one of over) if (waiting.delete(one)) one.run();
    } finally {
      running = false;
      arm();
    }
  };

  return {
    after(ms, run, holds = false) {
      const due = monotonic() + nanosOf(ms);
      const one = { from: due - earlyBy(ms), until: due + lateBy(ms), holds, run };
      waiting.add(one);
      if (!running) arm();
      return () => {
        if (waiting.delete(one) && !running) arm();
      };
    },
    watchLateness(told) {
      watchers.add(told);
      return () => watchers.delete(told);
    },
  };
};
