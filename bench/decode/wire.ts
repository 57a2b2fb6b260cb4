import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { systemClock } from '../../src/foundation/clock.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { createReplay } from '../../src/source/replay.ts';

/** A capture in memory, every connection of it closed at the end. */
export interface Wire {
  readonly identity: string;
  readonly events: readonly SourceEvent[];
  /** Bytes on the wire. */
  readonly bytes: number;
  /** Requests whose path an independent decoder found in it. */
  readonly requests: number;
}

export const loadWire = async (path: string): Promise<Wire> => {
  const replay = await createReplay({ input: path, pace: null, clock: systemClock() });
  const events: SourceEvent[] = [];
  const open = new Set<number>();
  let bytes = 0;
  for await (const batch of replay.events()) {
    for (const event of batch) {
      events.push(event);
      if (event.kind === 'data') bytes += event.bytes.length;
      else if (event.kind === 'open') open.add(event.connection);
      else if (event.kind === 'close' || event.kind === 'refused') open.delete(event.connection);
    }
  }
  const last = events.at(-1);
  if (last === undefined) throw new Error(`${path}: no events`);
  for (const connection of open) events.push({ kind: 'close', connection, seen: last.seen });
  const truth = gunzipSync(readFileSync(path.replace(/\.jsonl\.gz$/, '.truth.jsonl.gz'))).toString('latin1');
  return { identity: replay.identity, events, bytes, requests: truth.trim().split('\n').length };
};

/** Above every connection number of `events`: added to them once per pass, it gives each pass connections of its own. */
export const connectionStride = (events: readonly SourceEvent[]): number => {
  let highest = 0;
  for (const event of events) if (event.kind !== 'kernel') highest = Math.max(highest, event.connection);
  return highest + 1;
};

/** Nanoseconds by which each pass is later than the one before: time goes on from pass to pass, as it does for an agent. */
export const timeStride = (events: readonly SourceEvent[]): bigint => {
  const [first] = events;
  const last = events.at(-1);
  return first === undefined || last === undefined ? 0n : last.seen.at - first.seen.at + 1_000_000_000n;
};
