import { createCallSpans } from '../call-spans.ts';
import { loadSchema } from '../cri/schema.ts';
import type { Exported } from '../export/sink.ts';
import { systemClock } from '../foundation/clock.ts';
import type { Nanos } from '../foundation/time.ts';
import { noSpans, observe } from '../observe.ts';
import { createPipeline } from '../pipeline.ts';
import { CaptureError } from '../source/capture/error.ts';
import { createReplay } from '../source/replay.ts';
import { replayHostFacts } from '../spans/host.ts';
import { createSpanCounters } from '../spans/limits.ts';
import type { Filter } from '../store/condition.ts';
import { captureWarning } from './capture-warning.ts';
import { type CommandContext, usageError } from './command.ts';
import type { FilterFlags } from './filter-flags.ts';
import { textLog } from './messages.ts';
import { untilAborted } from './until-aborted.ts';
import { packageVersion } from './version.ts';

export interface CaptureRequest {
  /** `-` is standard input. */
  readonly file: string;
  /** Null: as fast as it goes. */
  readonly pace: number | null;
  readonly full: boolean;
  /** Whether spans are made of the calls. */
  readonly spans: boolean;
  readonly filters: FilterFlags;
}

export interface OpenedCapture {
  readonly batches: AsyncIterable<readonly Exported[]>;
  readonly filter: Filter;
}

/** When the last thing in a capture happened: what a duration of `--since` is counted back from. */
const endOfCapture = async (file: string, signal: AbortSignal): Promise<Nanos> => {
  if (file === '-') {
    throw usageError(
      '--since and --until: standard input is read only once, so that its end is not known before; allowed: a time',
      '--since 2026-11-24T10:00:00Z',
    );
  }
  const replay = await createReplay({ input: file, pace: null, clock: systemClock() });
  let end = 0n;
  for await (const batch of untilAborted(replay.events(), signal)) end = batch.at(-1)?.seen.at ?? end;
  return end;
};

const open = async (request: CaptureRequest, { signal }: CommandContext) => {
  const { file, pace, full, filters } = request;
  const filter = filters.filter(filters.isRelative() ? await endOfCapture(file, signal) : 0n);
  const replay = await createReplay({ input: file, pace, clock: systemClock() });
  const { identity } = replay;
  const spansOf = request.spans
    ? createCallSpans({
        identity,
        host: replayHostFacts(identity),
        mode: 'replay',
        version: packageVersion(),
        counters: createSpanCounters(),
      })
    : noSpans;
  const findings = observe(replay, createPipeline({ schema: loadSchema(), full }), spansOf);
  return { filter, batches: untilAborted(findings, signal), counters: replay.counters };
};

/** Reads a capture through the pipeline. What cannot be read as one is wrong usage; what is damaged, a warning at the end. */
export const withCapture = async (
  request: CaptureRequest,
  context: CommandContext,
  consume: (capture: OpenedCapture) => Promise<void>,
): Promise<void> => {
  try {
    const { counters, ...capture } = await open(request, context);
    await consume(capture);
    const warning = captureWarning(counters);
    if (warning !== null) {
      textLog(context.stderr)(
        'warn',
        `${request.file === '-' ? 'standard input' : request.file}: ${warning}`,
      );
    }
  } catch (error) {
    if (error instanceof CaptureError) throw usageError(error.message, 'critrace replay cri.jsonl.gz');
    throw error;
  }
};
