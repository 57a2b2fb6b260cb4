import type { Timers } from '../../src/foundation/timers.ts';

export interface ManualTimers extends Timers {
  /** Lets `ms` pass, running what falls due in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
  readonly nowMs: number;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Requests to the file system go by these names; a file being closed is not one of the `FS` ones. */
const fileWork = (): boolean =>
  process.getActiveResourcesInfo().some((name) => /^(?:FS|FileHandle|CloseReq)/.test(name));

/** Until promises have run out and no file is being read or written. */
export const settled = async (): Promise<void> => {
  for (let quiet = 0; quiet < 5; quiet = fileWork() ? 0 : quiet + 1) await turn();
};

export const createManualTimers = (): ManualTimers => {
  let now = 0;
  const due = new Map<object, { readonly at: number; readonly run: () => void }>();
  return {
    get nowMs() {
      return now;
    },
    after(ms, run) {
      const key = {};
      due.set(key, { at: now + ms, run });
      return () => due.delete(key);
    },
    async advance(ms) {
      const until = now + ms;
      for (;;) {
        await settled();
        let next: [object, { at: number; run: () => void }] | null = null;
        for (const entry of due)
          if (entry[1].at <= until && (next === null || entry[1].at < next[1].at)) next = entry;
        if (next === null) break;
        now = Math.max(now, next[1].at);
        due.delete(next[0]);
        next[1].run();
      }
      now = until;
    },
  };
};

/** Lets time pass until `condition` holds; fails rather than hangs. */
export const eventually = async (timers: ManualTimers, condition: () => boolean): Promise<void> => {
  for (let round = 0; round < 10_000; round++) {
    if (condition()) return;
    await timers.advance(100);
  }
  throw new Error('what was waited for did not come');
};
