import { type Direction, directions } from '../../foundation/direction.ts';
import type { Seen } from '../../foundation/time.ts';
import type { Peer, SourceEvent } from '../event.ts';
import type { ProxyCounters, ProxyLimits } from './limits.ts';

/**
 * Stands between the relay, which never waits, and the observer, who may be slow, stuck or gone. Past its bounds it
 * leaves out data and keeps the count:
 *
 *   relay -> | open data data data | <- bound    lost: 4711 bytes
 *            | open data data data gap(4711) data |      once there is room again
 */
export interface ObservationQueue {
  open(connection: number, seen: Seen, endpoint: string, client: Peer, server: Peer): void;
  /** Copies the bytes: the observer may do with them what it likes, those on their way are others. */
  data(connection: number, seen: Seen, direction: Direction, bytes: Uint8Array): void;
  end(connection: number, seen: Seen, direction: Direction): void;
  close(connection: number, seen: Seen): void;
  refused(connection: number, seen: Seen, endpoint: string, client: Peer): void;
  /** Once. Ends after what was queued before `stop`. */
  batches(): AsyncIterable<readonly SourceEvent[]>;
  stop(): void;
}

type Lost = Record<Direction, { length: number; seen: Seen } | null>;

export const createObservationQueue = (
  limits: Pick<ProxyLimits, 'maxQueuedBytes' | 'maxQueuedEvents' | 'maxBatchBytes' | 'maxBatchEvents'>,
  counters: ProxyCounters,
): ObservationQueue => {
  /** Connections whose opening was queued, with what is missing since the last event of each direction. */
  const observed = new Map<number, Lost>();
  const losing = new Set<number>();
  let queued: SourceEvent[] = [];
  let head = 0;
  let state: 'on' | 'stopped' | 'abandoned' = 'on';
  let wake: (() => void) | null = null;

  const length = (): number => queued.length - head;

  const put = (event: SourceEvent): void => {
    queued.push(event);
    if (wake === null) return;
    setImmediate(wake);
    wake = null;
  };

  const reportLost = (connection: number, direction: Direction): void => {
    const lost = observed.get(connection);
    const gap = lost?.[direction];
    if (lost === undefined || gap === undefined || gap === null) return;
    lost[direction] = null;
    if (lost.request === null && lost.response === null) losing.delete(connection);
    put({ kind: 'gap', connection, seen: gap.seen, direction, length: gap.length });
  };

  const admits = (): boolean => state === 'on' && length() < limits.maxQueuedEvents;

  const take = (): readonly SourceEvent[] => {
    const batch: SourceEvent[] = [];
    let bytes = 0;
    while (batch.length < limits.maxBatchEvents && bytes < limits.maxBatchBytes) {
      const event = queued[head];
      if (event === undefined) break;
      head += 1;
      batch.push(event);
      if (event.kind === 'data') bytes += event.bytes.length;
    }
    counters.queuedBytes -= bytes;
    if (length() === 0 || head > limits.maxBatchEvents * 16) {
      queued = queued.slice(head);
      head = 0;
    }
    // Nothing waits: what was lost since is the next thing to say, even if the connection falls silent.
    if (length() === 0)
      for (const connection of losing) for (const direction of directions) reportLost(connection, direction);
    return batch;
  };

  async function* batches(): AsyncGenerator<readonly SourceEvent[]> {
    try {
      while (true) {
        if (length() > 0) {
          yield take();
          // The sockets have their turn between two batches.
          await new Promise<void>((resolve) => setImmediate(resolve));
        } else if (state === 'on') {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else return;
      }
    } finally {
      state = 'abandoned';
      queued = [];
      head = 0;
      counters.queuedBytes = 0;
      observed.clear();
      losing.clear();
    }
  }

  return {
    open(connection, seen, endpoint, client, server) {
      if (!admits()) {
        counters.unobservedConnections += 1;
        return;
      }
      observed.set(connection, { request: null, response: null });
      put({ kind: 'open', connection, seen, endpoint, client, server, joined: false });
    },
    data(connection, seen, direction, bytes) {
      const lost = observed.get(connection);
      if (lost === undefined || state !== 'on') {
        counters.unobservedBytes += bytes.length;
        return;
      }
      if (!admits() || counters.queuedBytes + bytes.length > limits.maxQueuedBytes) {
        counters.lostBytes += bytes.length;
        lost[direction] = { length: (lost[direction]?.length ?? 0) + bytes.length, seen };
        losing.add(connection);
        return;
      }
      reportLost(connection, direction);
      counters.queuedBytes += bytes.length;
      put({ kind: 'data', connection, seen, direction, bytes: Buffer.from(bytes) });
    },
    end(connection, seen, direction) {
      if (!observed.has(connection) || state !== 'on') return;
      reportLost(connection, direction);
      put({ kind: 'end', connection, seen, direction });
    },
    close(connection, seen) {
      if (!observed.has(connection) || state !== 'on') return;
      for (const direction of directions) reportLost(connection, direction);
      observed.delete(connection);
      losing.delete(connection);
      put({ kind: 'close', connection, seen });
    },
    refused(connection, seen, endpoint, client) {
      if (!observed.delete(connection) || state !== 'on') return;
      put({ kind: 'refused', connection, seen, endpoint, client });
    },
    batches,
    stop() {
      if (state !== 'on') return;
      for (const connection of losing) for (const direction of directions) reportLost(connection, direction);
      state = 'stopped';
      wake?.();
      wake = null;
    },
  };
};
