import type { SourceEvent } from '../../source/event.ts';
import { type ConnectionRedactor, createConnectionRedactor, type RewriterOf } from './connection.ts';
import { createHeldEvents } from './held-events.ts';
import { redactKernelEvent } from './kernel-event.ts';
import {
  createRedactCounters,
  defaultRedactLimits,
  type RedactCounters,
  type RedactLimits,
} from './limits.ts';

/**
 * Turns events into the same events with every secret value overwritten by filler of the same length, so that they
 * decode to the same calls. Fails closed: what cannot be decoded is overwritten whole, and the event says how many
 * bytes that were. Events leave in their order, late by what a message needs to be whole.
 */
export interface Redactor {
  push(event: SourceEvent): readonly SourceEvent[];
  /** The input ended. */
  finish(): readonly SourceEvent[];
  readonly counters: RedactCounters;
}

export interface RedactorOptions {
  readonly rewriterOf: RewriterOf;
  readonly limits?: RedactLimits;
  readonly counters?: RedactCounters;
}

export const createRedactor = (options: RedactorOptions): Redactor => {
  const limits = options.limits ?? defaultRedactLimits;
  const counters = options.counters ?? createRedactCounters();
  const held = createHeldEvents(limits);
  const connections = new Map<number, ConnectionRedactor>();
  const gaveUp = (): void => {
    counters.gaveUp += 1;
  };

  /** The event as it may be written: with bytes of its own, and without what no call needs. */
  const own = (event: SourceEvent): SourceEvent => {
    if (event.kind === 'data') return { ...event, bytes: Uint8Array.from(event.bytes) };
    return event.kind === 'kernel' ? { ...event, event: redactKernelEvent(event.event) } : event;
  };

  const begin = (connection: number, joined: boolean): void => {
    if (connections.size >= limits.maxConnections) return;
    connections.set(connection, createConnectionRedactor(joined, options.rewriterOf, limits, counters));
  };

  return {
    push(given) {
      const event = own(given);
      const entry = held.add(event);
      switch (event.kind) {
        case 'open':
          begin(event.connection, event.joined);
          break;
        case 'data': {
          const connection = connections.get(event.connection);
          if (connection !== undefined) connection.data(entry, event.direction, event.bytes);
          else {
            event.bytes.fill(0);
            entry.overwritten = event.bytes.length;
          }
          break;
        }
        case 'gap':
          connections.get(event.connection)?.gap(event.direction, event.length);
          break;
        case 'close':
        case 'refused':
          connections.get(event.connection)?.end();
          connections.delete(event.connection);
          break;
        case 'end':
        case 'kernel':
          break;
      }
      return held.release(gaveUp);
    },
    finish() {
      for (const connection of connections.values()) connection.end();
      connections.clear();
      return held.flush(gaveUp);
    },
    counters,
  };
};
