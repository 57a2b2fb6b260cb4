export interface PageLimits {
  readonly connections: number;
  /** Pages that are sent what happens. */
  readonly watchers: number;
  readonly headerBytes: number;
  readonly requestMs: number;
  /** Between two looks at what has come: while somebody watches, and while nobody does. */
  readonly watchedEveryMs: number;
  readonly idleEveryMs: number;
  /** Calls, and calls in flight, of one message to a watcher; what is beyond is counted. */
  readonly tickCalls: number;
  readonly tickInFlight: number;
  /** A watcher that has so much unread is sent nothing more until it has read. */
  readonly watcherBytes: number;
  /** A capture that is dropped on the page, and how many are held. */
  readonly captureBytes: number;
  readonly captures: number;
}

export const defaultPageLimits: PageLimits = {
  connections: 64,
  watchers: 8,
  headerBytes: 16 * 1024,
  requestMs: 30_000,
  watchedEveryMs: 500,
  idleEveryMs: 2_000,
  tickCalls: 500,
  tickInFlight: 200,
  watcherBytes: 1024 * 1024,
  captureBytes: 512 * 1024 * 1024,
  captures: 4,
};

export interface PageCounters {
  requests: number;
  refused: number;
  failed: number;
  watchers: number;
  ticksSkipped: number;
  callsSkipped: number;
}

export const createPageCounters = (): PageCounters => ({
  requests: 0,
  refused: 0,
  failed: 0,
  watchers: 0,
  ticksSkipped: 0,
  callsSkipped: 0,
});
