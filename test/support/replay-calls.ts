import type { Call } from '../../src/calls/call.ts';
import type { Finding } from '../../src/calls/finding.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createReplay } from '../../src/source/replay.ts';

/** Replays a capture at full speed and returns all that was found, in order. */
export const replayFindings = async (path: string): Promise<Finding[]> => {
  const replay = await createReplay({ input: path, pace: null, clock: systemClock() });
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  const findings: Finding[] = [];
  for await (const batch of replay.events()) {
    for (const event of batch) findings.push(...pipeline.push(event));
  }
  return [...findings, ...pipeline.finish()];
};

/** The last revision of every call of a capture. */
export const replayCalls = async (path: string): Promise<Call[]> => {
  const calls = new Map<string, Call>();
  for (const finding of await replayFindings(path)) {
    if (finding.kind === 'call') calls.set(`${finding.call.connection}/${finding.call.stream}`, finding.call);
  }
  return [...calls.values()];
};
