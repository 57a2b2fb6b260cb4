import { durationText } from '../export/call-text.ts';
import { painter, wantsColour } from '../export/colour.ts';
import { cells, fit, terminalText } from '../export/terminal-text.ts';
import { toRfc3339 } from '../foundation/time.ts';
import { foundKinds, shortMethod } from '../store/row.ts';
import { endOf, selectRows } from '../store/select.ts';
import { type TraceSummary, tracesOf } from '../store/trace-summary.ts';
import type { CommandContext } from './command.ts';
import type { FilterFlags } from './filter-flags.ts';
import { openStored, warnOfDamage } from './open-stored.ts';

export interface TracesRequest {
  readonly path: string | null;
  readonly configured: string | null;
  readonly json: boolean;
  readonly slowestLast: boolean;
  readonly filters: FilterFlags;
}

const defaultLast = 20;

export const traceJson = ({ traceId, root, start, end, calls, failedCalls }: TraceSummary) => ({
  kind: 'trace',
  trace_id: traceId,
  of: root.kind,
  name: root.method,
  status: root.status === '' ? null : root.status,
  pod: root.pod === '' ? null : root.pod,
  caller: root.caller === '' ? null : root.caller,
  start: String(start),
  end: String(end),
  calls,
  failed_calls: failedCalls,
});

const table = (traces: readonly TraceSummary[], colour: boolean): string => {
  const paint = painter(colour);
  const rows = traces.map((trace) => ({
    trace,
    name: terminalText(shortMethod(trace.root.method).replaceAll('_', ' ')),
    pod: terminalText(trace.root.pod),
    status: terminalText(trace.root.status),
  }));
  const width = (pick: (row: (typeof rows)[number]) => string, title: string): number =>
    rows.reduce((widest, row) => Math.max(widest, cells(pick(row))), title.length);
  const name = width((row) => row.name, 'WHAT');
  const pod = width((row) => row.pod, 'POD');
  const status = width((row) => row.status, 'RESULT');
  const head = ['START (UTC)'.padEnd(19), 'WHAT'.padEnd(name), 'DURATION', 'CALLS', 'RESULT'.padEnd(status)];
  const lines = rows.map((row) => {
    const failed = row.trace.root.failed || row.trace.failedCalls > 0;
    return [
      paint('dim', toRfc3339(row.trace.start).slice(0, 19).replace('T', ' ')),
      fit(row.name, name),
      durationText(row.trace.end - row.trace.start).padStart(8),
      String(row.trace.calls).padStart(5),
      failed ? paint('red', fit(row.status, status)) : fit(row.status, status),
      fit(row.pod, pod),
      paint('dim', row.trace.traceId),
    ].join('  ');
  });
  return `${[paint('bold', [...head, 'POD'.padEnd(pod), 'TRACE'].join('  ')), ...lines].join('\n')}\n`;
};

const byDuration = (one: TraceSummary, other: TraceSummary): number =>
  Number(one.end - one.start - (other.end - other.start));

const byStart = (one: TraceSummary, other: TraceSummary): number => Number(one.start - other.start);

export const runTraces = async (request: TracesRequest, context: CommandContext): Promise<void> => {
  const stored = await openStored(request.path, request.configured, context);
  const { rows } = stored.store.index;
  const filter = request.filters.filter(endOf(rows));
  const ordinals = selectRows(rows, {
    filter,
    kinds: foundKinds,
    limit: rows.size,
  });
  const last = request.filters.last() ?? defaultLast;
  const traces = request.slowestLast
    ? [...tracesOf(rows, ordinals)].sort(byDuration).slice(-last)
    : [...tracesOf(rows, ordinals, last)].sort(byStart);
  if (request.json) for (const trace of traces) context.stdout.write(`${JSON.stringify(traceJson(trace))}\n`);
  else if (traces.length > 0)
    context.stdout.write(table(traces, wantsColour(context.stdout.isTTY === true, context.env)));
  else context.stderr.write(`critrace: no trace in ${stored.path} passes the filters\n`);
  warnOfDamage(stored, context);
};
