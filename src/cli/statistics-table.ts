import type { PhaseStatistics } from './phase-statistics.ts';
import type { Statistics } from './statistics.ts';
import { table } from './table.ts';

const ms = (value: number | null): string => {
  if (value === null) return '-';
  return value >= 1000 ? `${(value / 1000).toFixed(2)}s` : `${value.toFixed(value < 10 ? 2 : 1)}ms`;
};

const size = (bytes: number): string => {
  if (bytes < 1024) return `${bytes}B`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)}KiB` : `${(bytes / 1024 ** 2).toFixed(1)}MiB`;
};

/** The package is the same for nearly all rows: `runtime.v1.` stays, the service goes. */
export const shortMethod = (method: string): string => method.replace(/^runtime\.(\w+)\.\w+\//, '$1/');

const phaseTable = (phases: readonly PhaseStatistics[]): string =>
  table(
    ['OPERATION', 'PHASE', 'COUNT', 'P50', 'P95', 'P99', 'MAX'],
    phases.map((row) => [
      row.phase === 'total' ? row.operation.replaceAll('_', ' ') : '',
      row.phase.replaceAll('_', ' '),
      `${row.count}`,
      ms(row.p50_ms),
      ms(row.p95_ms),
      ms(row.p99_ms),
      ms(row.max_ms),
    ]),
    2,
  );

export const statisticsTable = (statistics: Statistics, phases: readonly PhaseStatistics[]): string => {
  const { methods, callers, connections, calls, seconds } = statistics;
  const parts = [
    `${calls} calls${seconds === null ? '' : ` in ${seconds.toFixed(1)}s`}\n`,
    table(
      ['METHOD', 'CALLS', 'ERRORS', 'P50', 'P95', 'P99', 'MAX', 'REQUEST', 'RESPONSE'],
      methods.map((row) => [
        shortMethod(row.method),
        `${row.calls}`,
        `${row.errors}`,
        ms(row.p50_ms),
        ms(row.p95_ms),
        ms(row.p99_ms),
        ms(row.max_ms),
        size(row.request_bytes),
        size(row.response_bytes),
      ]),
      1,
    ),
    table(
      ['CALLER', 'USER AGENT', 'PROCESSES', 'CALLS', 'ERRORS'],
      callers.map((row) => [
        row.comm ?? '(unknown)',
        row.user_agent ?? '-',
        `${row.processes}`,
        `${row.calls}`,
        `${row.errors}`,
      ]),
      2,
    ),
  ];
  if (phases.length > 0) parts.push(phaseTable(phases));
  if (connections.length > 0) {
    parts.push(
      table(
        ['CONNECTIONS', 'ENDPOINT', 'COUNT', 'LOST'],
        connections.map((row) => [
          row.finding,
          row.endpoint,
          `${row.connections}`,
          row.lost_bytes === null ? '-' : size(row.lost_bytes),
        ]),
        2,
      ),
    );
  }
  return parts.join('\n');
};
