import type { ServerResponse } from 'node:http';
import { endOf } from '../store/select.ts';
import { callJson } from './answers/calls.ts';
import { inFlightJson } from './answers/in-flight.ts';
import { milliseconds } from './answers/milliseconds.ts';
import type { TickJson } from './api.ts';
import type { Dataset } from './dataset.ts';
import type { PageCounters, PageLimits } from './limits.ts';

/** Pages that are sent what happens, as server-sent events. */
export interface Watchers {
  /** False: there are as many as may be. */
  add(response: ServerResponse, dataset: Dataset): boolean;
  /** After each look at what has come; `lagMs` is how late the event loop was. */
  tick(lagMs: number): void;
  readonly size: number;
  close(): void;
}

interface Watcher {
  readonly response: ServerResponse;
  readonly dataset: Dataset;
  /** Ordinal of the next row. */
  next: number;
  lastNow: number;
}

const callsSince = (
  { index: { rows } }: Dataset['store'],
  from: number,
): { readonly ordinals: readonly number[]; readonly next: number } => {
  const next = rows.first + rows.size;
  const ordinals: number[] = [];
  for (let ordinal = Math.max(from, rows.first); ordinal < next; ordinal++)
    if (rows.kind(ordinal) === 'call') ordinals.push(ordinal);
  return { ordinals, next };
};

export const createWatchers = (limits: PageLimits, counters: PageCounters): Watchers => {
  const watchers = new Set<Watcher>();

  const message = (watcher: Watcher, lagMs: number): TickJson => {
    const { store, live } = watcher.dataset;
    const { rows, operations, symptoms } = store.index;
    const { ordinals, next } = callsSince(store, watcher.next);
    watcher.next = next;
    const shown = ordinals.slice(-limits.tickCalls);
    counters.callsSkipped += ordinals.length - shown.length;
    const nowNs = live?.now() ?? endOf(rows);
    const now = milliseconds(nowNs);
    const seconds = (now - watcher.lastNow) / 1000;
    watcher.lastNow = now;
    const inFlight = live?.inFlight() ?? [];
    return {
      now,
      calls: shown.map((ordinal) => callJson(rows, ordinal)).reverse(),
      skipped: ordinals.length - shown.length,
      inFlight: inFlightJson(inFlight, nowNs, limits.tickInFlight),
      inFlightMore: Math.max(0, inFlight.length - limits.tickInFlight),
      callsPerSecond: seconds > 0 && seconds < 60 ? ordinals.length / seconds : 0,
      lostBytes: live?.lostBytes() ?? 0,
      lagMs,
      operations: operations.list().length,
      symptoms: symptoms.list().length,
    };
  };

  const send = (watcher: Watcher, lagMs: number): void => {
    watcher.response.write(`data: ${JSON.stringify(message(watcher, lagMs))}\n\n`);
  };

  return {
    add(response, dataset) {
      if (watchers.size >= limits.watchers) return false;
      const { rows } = dataset.store.index;
      const watcher = { response, dataset, next: rows.first + rows.size, lastNow: 0 };
      watchers.add(watcher);
      counters.watchers = watchers.size;
      response.on('close', () => {
        watchers.delete(watcher);
        counters.watchers = watchers.size;
      });
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write('retry: 1000\n\n');
      send(watcher, 0);
      return true;
    },
    tick(lagMs) {
      for (const watcher of watchers) {
        if (watcher.response.writableLength > limits.watcherBytes) counters.ticksSkipped += 1;
        else send(watcher, lagMs);
      }
    },
    get size() {
      return watchers.size;
    },
    close() {
      for (const { response } of watchers) response.end();
      watchers.clear();
    },
  };
};
