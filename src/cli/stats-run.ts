import type { Finding } from '../calls/call.ts';
import { type CaptureRequest, withCapture } from './capture.ts';
import type { CommandContext } from './command.ts';
import { matches } from './filter.ts';
import { createLast } from './last.ts';
import { createStatistics } from './statistics.ts';
import { statisticsTable } from './statistics-table.ts';

export type StatsRequest = Pick<CaptureRequest, 'file' | 'filters'> & { readonly json: boolean };

export const runStats = (request: StatsRequest, context: CommandContext): Promise<void> =>
  withCapture({ ...request, pace: null, full: false, spans: false }, context, async ({ batches, filter }) => {
    const statistics = createStatistics();
    const size = request.filters.last();
    const last = size === null ? null : createLast<Finding>(size);
    for await (const batch of batches) {
      for (const { finding } of batch) {
        if (matches(filter, finding)) (last ?? statistics).add(finding);
      }
    }
    // A part of the numbers would look like all of them.
    if (context.signal.aborted) return;
    for (const finding of last?.items() ?? []) statistics.add(finding);
    const result = statistics.result();
    context.stdout.write(request.json ? `${JSON.stringify(result)}\n` : statisticsTable(result));
  });
