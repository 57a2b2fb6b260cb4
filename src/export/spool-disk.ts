import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExportCounters } from './counters.ts';
import { type Journal, type JournalLine, openJournal } from './journal.ts';
import { type Ledger, openLedger } from './ledger.ts';
import type { SpoolLimits } from './limits.ts';
import type { ExportLog } from './sink.ts';
import { lockSpool } from './spool-lock.ts';

/** The spool's folder, held by this process. */
export interface SpoolDisk {
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly left: readonly JournalLine[];
  /** Where this process goes on counting. */
  readonly accepted: number;
  readonly settled: number;
  release(): void;
}

/** Null, with a warning, where the folder cannot be used: the spool then lives in memory alone. */
export const openSpoolDisk = async (
  directory: string,
  limits: SpoolLimits,
  counters: ExportCounters,
  log: ExportLog,
): Promise<SpoolDisk | null> => {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const lock = lockSpool(join(directory, 'lock'));
    if (lock.kind === 'held') {
      counters.spoolErrors++;
      log(
        'warn',
        `spool ${directory} is in use by process ${lock.by}: spans that wait are held in memory only`,
      );
      return null;
    }
    const { ledger, before } = openLedger(join(directory, 'ledger'));
    const { journal, left } = await openJournal(directory, before?.cursor ?? 0, limits, counters);
    const recovered = left.reduce((sum, { spans }) => sum + spans, 0);
    const accepted = before?.accepted ?? recovered;
    const lost = Math.max(0, accepted - (before?.settled ?? 0) - recovered);
    counters.recovered += recovered;
    counters.lostInCrash += lost;
    if (recovered > 0) log('info', `spool: ${recovered} spans of an earlier run are still to be delivered`);
    if (lost > 0)
      log('warn', `spool: an earlier run was killed and lost ${lost} spans that it had not yet written`);
    const settled = accepted - recovered;
    const cursor = left[0]?.position.sequence ?? journal.next();
    ledger.write({ accepted, settled, cursor });
    return { journal, ledger, left, accepted, settled, release: lock.release };
  } catch (error) {
    counters.spoolErrors++;
    log(
      'warn',
      `spool ${directory} cannot be used (${error instanceof Error ? error.message : String(error)}): spans that wait are held in memory only`,
    );
    return null;
  }
};
