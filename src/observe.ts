import type { Finding } from './calls/finding.ts';
import type { Exported } from './export/sink.ts';
import type { Nanos } from './foundation/time.ts';
import { type Beat, type Heartbeat, withHeartbeat } from './heartbeat.ts';
import type { Pipeline } from './pipeline.ts';
import type { SourceEvent } from './source/event.ts';
import type { Source } from './source/source.ts';
import type { Span } from './spans/span.ts';

/** The spans of a finding. `endOfInput` is null while the input goes on: a call in flight has no spans yet. */
export type SpansOf = (finding: Finding, endOfInput: Nanos | null) => readonly Span[];

export const noSpans: SpansOf = () => [];

/** A fault of critrace's own while it decoded a connection; null: what was left of all of them at the end. */
export type OnFault = (error: unknown, connection: number | null) => void;

export interface ObserveOptions {
  readonly onFault?: OnFault;
  /** Of a live source: what is waited for in vain is told while nothing happens. Without: as the events come. */
  readonly heartbeat?: Heartbeat;
}

async function* withoutHeartbeat<T>(batches: AsyncIterable<T>): AsyncGenerator<Beat<T>> {
  for await (const batch of batches) yield { kind: 'batch', batch };
}

/**
 * A source through the pipeline: what was found, batch by batch as the source reads, and at its end the calls still
 * in flight. The next batch is read when the consumer asks: a slow one holds up a replay; a live source drops and
 * counts. With `onFault` a fault costs the rest of its connection and nothing else; without, it is thrown.
 */
export async function* observe(
  source: Source,
  pipeline: Pipeline,
  spansOf: SpansOf,
  { onFault, heartbeat }: ObserveOptions = {},
): AsyncGenerator<readonly Exported[]> {
  /** Connections that are open and of which no more is decoded. */
  const faulty = new Set<number>();
  const exported = (findings: readonly Finding[], endOfInput: Nanos | null): Exported[] =>
    findings.map((finding) => ({
      finding,
      spans: spansOf(finding, endOfInput),
    }));
  const contained = (connection: number | null, work: () => Exported[]): readonly Exported[] => {
    if (onFault === undefined) return work();
    try {
      return work();
    } catch (error) {
      if (connection !== null) faulty.add(connection);
      onFault(error, connection);
      return [];
    }
  };
  const push = (event: SourceEvent): readonly Exported[] => {
    const connection = 'connection' in event ? event.connection : null;
    const last = event.kind === 'close' || event.kind === 'refused';
    if (connection !== null && !last && faulty.has(connection)) return [];
    const found = contained(connection, () => exported(pipeline.push(event), null));
    if (connection !== null && last) faulty.delete(connection);
    return found;
  };

  let last: Nanos = 0n;
  const batches = source.events();
  const beats = heartbeat === undefined ? withoutHeartbeat(batches) : withHeartbeat(batches, heartbeat);
  for await (const beat of beats) {
    if (beat.kind === 'idle') {
      const late = contained(null, () => exported(pipeline.tick(beat.now), null));
      if (late.length > 0) yield late;
      continue;
    }
    const found: Exported[] = [];
    for (const event of beat.batch) {
      if (event.seen.at > last) last = event.seen.at;
      const findings = push(event);
      if (findings.length > 0) found.push(...findings);
    }
    if (found.length > 0) yield found;
  }
  const inFlight = contained(null, () => exported(pipeline.finish(), last));
  if (inFlight.length > 0) yield inFlight;
}
