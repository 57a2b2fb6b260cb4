import type { Call } from '../../src/calls/call.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createReplay } from '../../src/source/replay.ts';

/** Replays a capture at full speed and returns the last revision of every call. */
export const replayCalls = async (path: string): Promise<Call[]> => {
  const replay = await createReplay({ input: path, pace: null, clock: systemClock() });
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  const calls = new Map<string, Call>();
  const keep = (findings: ReturnType<typeof pipeline.push>): void => {
    for (const finding of findings) {
      if (finding.kind === 'call') {
        calls.set(`${finding.call.connection}/${finding.call.stream}`, finding.call);
      }
    }
  };
  for await (const batch of replay.events()) {
    for (const event of batch) keep(pipeline.push(event));
  }
  keep(pipeline.finish());
  return [...calls.values()];
};
