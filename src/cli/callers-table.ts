import { placeText } from '../calls/census/caller-seen.ts';
import type { CensusResult, CensusRow } from '../calls/census/census.ts';
import { terminalText } from '../export/terminal-text.ts';
import { type Nanos, toRfc3339 } from '../foundation/time.ts';
import { shortMethod } from './statistics-table.ts';
import { table } from './table.ts';

const timeText = (at: Nanos | null): string => (at === null ? '-' : `${toRfc3339(at).slice(0, 19)}Z`);

const versionText = ({ versions }: CensusRow): string => {
  const used = (['v1alpha2', 'v1', 'other', 'unknown'] as const).filter((version) => versions[version] > 0);
  return used.join('+');
};

const nameOf = ({ comm }: CensusRow): string => terminalText(comm ?? '(unknown)');

const pidsText = ({ pids, processes }: CensusRow): string =>
  `${pids.join(',')}${processes > pids.length ? `,... (${processes})` : ''}` || '-';

const headline = (callers: readonly CensusRow[]): string => {
  const old = callers.filter(({ versions }) => versions.v1alpha2 > 0);
  return old.length === 0
    ? 'nobody uses the deprecated v1alpha2\n'
    : `still on the deprecated v1alpha2: ${old.map(nameOf).join(', ')}\n`;
};

/** Who calls, those that use `v1alpha2` first; then what each of them calls. */
export const callersTable = ({ callers, uncounted }: CensusResult): string => {
  const parts = [
    headline(callers),
    table(
      ['CALLER', 'RUNS IN', 'ENDPOINT', 'API', 'USER AGENT', 'UID', 'PIDS', 'CALLS', 'SINCE', 'LAST'],
      callers.map((row) => [
        nameOf(row),
        terminalText(placeText(row.residence, row.resident) ?? '-'),
        terminalText(row.endpoint),
        versionText(row),
        terminalText(row.userAgent ?? '-'),
        `${row.uid ?? '-'}`,
        pidsText(row),
        `${row.calls}`,
        timeText(row.first),
        timeText(row.last),
      ]),
      7,
    ),
    table(
      ['CALLER', 'METHOD', 'CALLS', 'ERRORS', 'SINCE', 'LAST'],
      callers.flatMap((row) =>
        row.methods.map((use) => [
          nameOf(row),
          terminalText(shortMethod(use.method ?? '(unknown)')),
          `${use.calls}`,
          `${use.errors}`,
          timeText(use.first),
          timeText(use.last),
        ]),
      ),
      2,
    ),
  ];
  if (uncounted > 0) parts.push(`${uncounted} calls of more callers, beyond the bound\n`);
  return parts.join('\n');
};
