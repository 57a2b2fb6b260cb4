import type { Caller } from './caller.ts';

export interface CallerLimits {
  /** Processes whose connections are numbered; the one not seen for longest is forgotten first. */
  readonly maxCallers: number;
}

export const defaultCallerLimits: CallerLimits = { maxCallers: 4096 };

/** Numbers each caller's connections, and counts how often in a row it was refused at an endpoint. */
export interface CallerBook {
  /** 0 for the first connection of this caller process, 1 for the next. */
  connected(caller: Omit<Caller, 'userAgent'>): number;
  /** The runtime answered this caller at this endpoint: its refusals in a row are over. */
  served(caller: Omit<Caller, 'userAgent'>, endpoint: string): void;
  /** How many times in a row this caller (by program and user, since a restarted one has another pid) was refused. */
  refused(caller: Omit<Caller, 'userAgent'>, endpoint: string): number;
  readonly forgotten: number;
}

type Process = Omit<Caller, 'userAgent'>;

export const createCallerBook = (limits: CallerLimits = defaultCallerLimits): CallerBook => {
  const connections = new Map<string, number>();
  const refusals = new Map<string, number>();
  let forgotten = 0;

  const increment = (book: Map<string, number>, key: string): number => {
    const count = (book.get(key) ?? 0) + 1;
    book.delete(key);
    if (book.size >= limits.maxCallers) {
      const oldest = book.keys().next();
      if (!oldest.done) book.delete(oldest.value);
      forgotten += 1;
    }
    book.set(key, count);
    return count;
  };
  const programKey = (caller: Process, endpoint: string) => `${endpoint}\0${caller.comm}\0${caller.uid}`;

  return {
    connected: (caller) => increment(connections, `${caller.pid}\0${caller.pidStart}\0${caller.comm}`) - 1,
    served(caller, endpoint) {
      refusals.delete(programKey(caller, endpoint));
    },
    refused: (caller, endpoint) => increment(refusals, programKey(caller, endpoint)),
    get forgotten() {
      return forgotten;
    },
  };
};
