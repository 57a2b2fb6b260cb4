import type { Finding } from '../calls/call.ts';
import { createCensus } from '../calls/census/census.ts';
import type { Residence, Resident } from '../calls/census/residence.ts';
import { censusJson } from '../export/census-json.ts';
import { callersTable } from './callers-table.ts';
import { type CaptureRequest, withCapture } from './capture.ts';
import type { CommandContext } from './command.ts';
import { matches } from './filter.ts';
import { createLast } from './last.ts';
import { createStatistics } from './statistics.ts';
import { statisticsTable } from './statistics-table.ts';

export type StatsRequest = Pick<CaptureRequest, 'file' | 'filters'> & { readonly json: boolean };

interface Counting {
  /** Of what passes the filters. */
  add(finding: Finding): void;
  /** Of everything, before. */
  see?(finding: Finding): void;
  text(): string;
}

const count = (request: StatsRequest, context: CommandContext, counting: Counting): Promise<void> =>
  withCapture({ ...request, pace: null, full: false, spans: false }, context, async ({ batches, filter }) => {
    const size = request.filters.last();
    const last = size === null ? null : createLast<Finding>(size);
    for await (const batch of batches) {
      for (const { finding } of batch) {
        counting.see?.(finding);
        if (matches(filter, finding)) (last ?? counting).add(finding);
      }
    }
    // A part of the numbers would look like all of them.
    if (context.signal.aborted) return;
    for (const finding of last?.items() ?? []) counting.add(finding);
    context.stdout.write(counting.text());
  });

export const runStats = (request: StatsRequest, context: CommandContext): Promise<void> => {
  const statistics = createStatistics();
  return count(request, context, {
    add: statistics.add,
    text() {
      const result = statistics.result();
      return request.json ? `${JSON.stringify(result)}\n` : statisticsTable(result);
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
