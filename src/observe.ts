import type { Call, Finding } from './calls/call.ts';
import type { Exported } from './export/sink.ts';
import type { Nanos } from './foundation/time.ts';
import type { Pipeline } from './pipeline.ts';
import type { Source } from './source/source.ts';
import type { Span } from './spans/span.ts';

/** The spans of a call. `endOfInput` is null while the input goes on: a call in flight has no spans yet. */
export type SpansOf = (call: Call, endOfInput: Nanos | null) => readonly Span[];

export const noSpans: SpansOf = () => [];

/**
 * A source through the pipeline: what was found, batch by batch as the source reads, and at its end the calls still
 * in flight. The next batch is read when the consumer asks: a slow one holds up a replay; a live source drops and
 * counts.
 */
export async function* observe(
  source: Source,
  pipeline: Pipeline,
  spansOf: SpansOf,
): AsyncGenerator<readonly Exported[]> {
  const exported = (findings: readonly Finding[], endOfInput: Nanos | null): Exported[] =>
    findings.map((finding) => ({
      finding,
      spans: finding.kind === 'call' ? spansOf(finding.call, endOfInput) : [],
    }));
  let last: Nanos = 0n;
  for await (const batch of source.events()) {
    const found: Exported[] = [];
    for (const event of batch) {
      if (event.seen.at > last) last = event.seen.at;
      const findings = pipeline.push(event);
      if (findings.length > 0) found.push(...exported(findings, null));
    }
    if (found.length > 0) yield found;
  }
  const inFlight = exported(pipeline.finish(), last);
  if (inFlight.length > 0) yield inFlight;
}
