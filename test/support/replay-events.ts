import { systemClock } from '../../src/foundation/clock.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { createReplay } from '../../src/source/replay.ts';

/** All events of a capture, in order. */
export const replayEvents = async (path: string): Promise<SourceEvent[]> => {
  const replay = await createReplay({ input: path, pace: null, clock: systemClock() });
  const events: SourceEvent[] = [];
  for await (const batch of replay.events()) events.push(...batch);
  return events;
};
