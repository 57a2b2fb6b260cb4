import { wantsColour } from '../export/colour.ts';
import { renderTrace } from '../export/trace-text.ts';
import type { Span } from '../spans/span.ts';
import { relatedTo } from '../store/related.ts';
import { foundKinds } from '../store/row.ts';
import { endOf, selectRows } from '../store/select.ts';
import type { Store } from '../store/store.ts';
import { type TraceSummary, tracesOf } from '../store/trace-summary.ts';
import { waitsOf } from '../store/waits.ts';
import { type CommandContext, usageError } from './command.ts';
import type { FilterFlags } from './filter-flags.ts';
import { openStored, warnOfDamage } from './open-stored.ts';
import { createOtlpLines } from './otlp-lines.ts';
import { storedSpanLine } from './stored-span-json.ts';
import { packageVersion } from './version.ts';

export interface TraceRequest {
  /** The beginning of an id; null: by the filters. */
  readonly id: string | null;
  readonly path: string | null;
  readonly configured: string | null;
  readonly format: 'tree' | 'json' | 'otlp';
  readonly slowest: boolean;
  readonly filters: FilterFlags;
}

/** Traces that are compared; the newest of them. */
const maxCandidates = 100_000;

const isStart = ({ root }: TraceSummary): boolean => root.method === 'pod_start';
const durationNs = ({ start, end }: TraceSummary): bigint => end - start;

const longest = (traces: readonly TraceSummary[]): TraceSummary | null =>
  traces.reduce<TraceSummary | null>(
    (found, trace) => (found === null || durationNs(trace) > durationNs(found) ? trace : found),
    null,
  );

const choose = ({ index }: Store, request: TraceRequest): string | null => {
  const { rows } = index;
  const { id } = request;
  if (id !== null) {
    const found = new Set<string>();
    for (let ordinal = rows.first; ordinal < rows.first + rows.size && found.size < 2; ordinal++) {
      const { traceId } = rows.at(ordinal);
      if (traceId.startsWith(id)) found.add(traceId);
    }
    const [first, second] = [...found];
    if (second !== undefined)
      throw usageError(`several traces begin with ${id}; allowed: more digits`, `critrace trace ${second}`);
    return first ?? null;
  }
  const ordinals = selectRows(rows, {
    filter: request.filters.filter(endOf(rows)),
    kinds: foundKinds.filter((kind) => kind !== 'symptom'),
    limit: maxCandidates,
  });
  const traces = tracesOf(rows, ordinals);
  if (request.slowest) return longest(traces)?.traceId ?? null;
  return (traces.find(isStart) ?? traces[0])?.traceId ?? null;
};

const printed = async (
  spans: readonly Span[],
  store: Store,
  missing: number,
  { format }: TraceRequest,
  context: CommandContext,
): Promise<string | Uint8Array> => {
  switch (format) {
    case 'json':
      return spans.map((span) => `${storedSpanLine(span)}\n`).join('');
    case 'otlp':
      return (await createOtlpLines(packageVersion()))(spans);
    case 'tree': {
      const { stdout, env } = context;
      const colour = wantsColour(stdout.isTTY === true, env);
      const related = relatedTo(store.index.symptoms.list(), spans);
      const waits = await waitsOf(store, spans);
      return `${renderTrace(spans, { related, waits, missing, colour, width: stdout.columns ?? 120 })}\n`;
    }
  }
};

export const runTrace = async (request: TraceRequest, context: CommandContext): Promise<void> => {
  const stored = await openStored(request.path, request.configured, context);
  const { store } = stored;
  const traceId = choose(store, request);
  if (traceId === null) {
    context.stderr.write(
      `critrace: ${stored.path} holds no such trace; critrace traces lists those that it holds\n`,
    );
    context.exitWith(1);
  } else {
    const { spans, missing } = await store.trace(traceId);
    context.stdout.write(await printed(spans, store, missing, request, context));
  }
  warnOfDamage(stored, context);
};
