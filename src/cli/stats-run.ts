import { createCensus } from '../calls/census/census.ts';
import type { Residence, Resident } from '../calls/census/residence.ts';
import type { Finding } from '../calls/finding.ts';
import { censusJson } from '../export/census-json.ts';
import type { Exported } from '../export/sink.ts';
import type { Span } from '../spans/span.ts';
import { callOfSpan } from '../store/call-of-span.ts';
import { endOf, selectRows } from '../store/select.ts';
import { callersTable } from './callers-table.ts';
import { withCapture } from './capture.ts';
import type { CommandContext } from './command.ts';
import { matches } from './filter.ts';
import type { FilterFlags } from './filter-flags.ts';
import { createLast } from './last.ts';
import { isCapture, openStored, type Stored, warnOfDamage } from './open-stored.ts';
import { createPhaseStatistics } from './phase-statistics.ts';
import { createStatistics } from './statistics.ts';
import { statisticsTable } from './statistics-table.ts';

export interface StatsRequest {
  readonly path: string | null;
  readonly configured: string | null;
  readonly json: boolean;
  readonly filters: FilterFlags;
}

interface Counting {
  /** Of what passes the filters. */
  add(finding: Finding): void;
  /** The spans made of it; of a store those of operations alone. */
  addSpan?(span: Span): void;
  /** Of everything, before; not of a store, which holds calls only. */
  see?(finding: Finding): void;
  text(): string;
}

const ofCapture = (
  file: string,
  request: StatsRequest,
  context: CommandContext,
  counting: Counting,
): Promise<void> =>
  withCapture(
    { file, filters: request.filters, pace: null, full: false, spans: true },
    context,
    async ({ batches, filter }) => {
      const size = request.filters.last();
      const last = size === null ? null : createLast<Exported>(size);
      const add = ({ finding, spans }: Exported): void => {
        counting.add(finding);
        for (const span of spans) counting.addSpan?.(span);
      };
      for await (const batch of batches) {
        for (const exported of batch) {
          counting.see?.(exported.finding);
          if (!matches(filter, exported.finding)) continue;
          if (last === null) add(exported);
          else last.add(exported);
        }
      }
      // A part of the numbers would look like all of them.
      if (context.signal.aborted) return;
      for (const exported of last?.items() ?? []) add(exported);
      context.stdout.write(counting.text());
    },
  );

const ofStore = async (
  stored: Stored,
  request: StatsRequest,
  context: CommandContext,
  counting: Counting,
): Promise<void> => {
  const { store } = stored;
  const { rows } = store.index;
  const ordinals = selectRows(rows, {
    filter: request.filters.filter(endOf(rows)),
    kinds: ['call', 'operation'],
    limit: request.filters.last() ?? rows.size,
  });
  const wanted = new Set(ordinals.map((ordinal) => rows.at(ordinal).spanId));
  let calls = 0;
  // A line at a time: all spans together may be more than memory holds.
  const lines = new Map<number, number>();
  for (const ordinal of ordinals) lines.set(rows.line(ordinal), ordinal);
  for (const ordinal of lines.values()) {
    if (context.signal.aborted) return;
    for (const span of await store.spansAt([ordinal], ({ spanId }) => wanted.has(spanId))) {
      // Connections have the same numbers again after a restart of the agent.
      if (span.kind === 'client')
        counting.add({ kind: 'call', call: { ...callOfSpan(span), connection: calls++ } });
      else counting.addSpan?.(span);
    }
  }
  context.stdout.write(counting.text());
  warnOfDamage(stored, context);
};

const count = async (request: StatsRequest, context: CommandContext, counting: Counting): Promise<void> => {
  const { path, configured } = request;
  if (path !== null && (await isCapture(path))) return ofCapture(path, request, context, counting);
  return ofStore(await openStored(path, configured, context), request, context, counting);
};

export const runStats = (request: StatsRequest, context: CommandContext): Promise<void> => {
  const statistics = createStatistics();
  const phases = createPhaseStatistics();
  return count(request, context, {
    add: statistics.add,
    addSpan: phases.add,
    text() {
      const result = statistics.result();
      return request.json
        ? `${JSON.stringify({ ...result, phases: phases.result() })}\n`
        : statisticsTable(result, phases.result());
    },
  });
};

const placeKey = (endpoint: string, residence: Residence): string =>
  JSON.stringify([endpoint, residence.podUid, residence.containerId]);

export const runCallers = (request: StatsRequest, context: CommandContext): Promise<void> => {
  const residents = new Map<string, Resident>();
  const census = createCensus((endpoint, residence) => residents.get(placeKey(endpoint, residence)) ?? null);
  return count(request, context, {
    see(finding) {
      if (finding.kind !== 'caller') return;
      const { endpoint, residence, resident } = finding.seen;
      if (residence !== null && resident !== null) residents.set(placeKey(endpoint, residence), resident);
    },
    add(finding) {
      if (finding.kind === 'call') census.add(finding.call);
    },
    text() {
      const result = census.result();
      return request.json ? `${JSON.stringify(censusJson(result))}\n` : callersTable(result);
    },
  });
};
