import type { Nanos } from '../../foundation/time.ts';
import type { SourceEvent } from '../../source/event.ts';
import type { HeldEvent } from './held-event.ts';
import { giveUpUnit } from './unit.ts';

export interface HoldLimits {
  /** Bytes of events that wait for a decision, all connections together. */
  readonly maxHeldBytes: number;
  /** How long, in the time of the events, one may wait. */
  readonly maxHeldNs: Nanos;
}

/** Events in their order, held until what they contain is decided. Bounded in bytes and in time: beyond, what is undecided is overwritten. */
export interface HeldEvents {
  add(event: SourceEvent): HeldEvent;
  /** Events that may leave now. `gaveUp` is told of each unit that a bound decided. */
  release(gaveUp: () => void): SourceEvent[];
  /** All that is left, undecided parts overwritten. */
  flush(gaveUp: () => void): SourceEvent[];
}

const sizeOf = (event: SourceEvent): number => (event.kind === 'data' ? event.bytes.length : 0);

/** With the larger mark: what was redacted before may be overwritten again. */
const leave = ({ event, overwritten }: HeldEvent): SourceEvent =>
  event.kind === 'data' && overwritten > (event.overwritten ?? 0) ? { ...event, overwritten } : event;

const giveUp = (held: HeldEvent, gaveUp: () => void): void => {
  for (const [unit, filler] of [...held.undecided]) {
    gaveUp();
    giveUpUnit(unit, filler);
  }
};

export const createHeldEvents = (limits: HoldLimits): HeldEvents => {
  let queue: HeldEvent[] = [];
  let heldBytes = 0;

  return {
    add(event) {
      const held: HeldEvent = { event, undecided: new Map(), overwritten: 0 };
      queue.push(held);
      heldBytes += sizeOf(event);
      return held;
    },
    release(gaveUp) {
      const out: SourceEvent[] = [];
      const newest = queue.at(-1)?.event.seen.at ?? 0n;
      let at = 0;
      for (; at < queue.length; at++) {
        const held = queue[at];
        if (held === undefined) break;
        if (held.undecided.size > 0) {
          const tooOld = newest - held.event.seen.at > limits.maxHeldNs;
          if (!tooOld && heldBytes <= limits.maxHeldBytes) break;
          giveUp(held, gaveUp);
        }
        heldBytes -= sizeOf(held.event);
        out.push(leave(held));
      }
      if (at > 0) queue = queue.slice(at);
      return out;
    },
    flush(gaveUp) {
      for (const held of queue) giveUp(held, gaveUp);
      const out = queue.map(leave);
      queue = [];
      heldBytes = 0;
      return out;
    },
  };
};
