import { readKernelEvent } from '../../kernel/event-records.ts';
import type { KernelRecord } from '../../kernel/events.ts';
import type { SourceEvent } from '../event.ts';
import type { Processes } from '../process.ts';
import type { TapCounters } from './limits.ts';
import type { TapTimes } from './times.ts';

export interface TapKernelEventsOptions {
  readonly times: TapTimes;
  readonly processes: Pick<Processes, 'startOf'>;
  readonly counters: TapCounters;
}

/** Turns the records of kernel events into a source's. */
export interface TapKernelEvents {
  /** Appends to `out`. A round's end tells what was lost since the one before. */
  take(record: KernelRecord, out: SourceEvent[]): void;
}

export const createTapKernelEvents = (options: TapKernelEventsOptions): TapKernelEvents => {
  const { times, processes, counters } = options;
  const recordTimes = {
    wall: times.wall,
    startOf: (sinceBoot: bigint) => processes.startOf(sinceBoot) ?? 0n,
  };
  return {
    take(record, out) {
      if (record.kind === 'event') {
        const event = readKernelEvent(record.record, recordTimes);
        if (event === null) counters.strayRecords += 1;
        else {
          counters.kernelEvents += 1;
          out.push({ kind: 'kernel', seen: times.seen(record.at), event });
        }
      } else if (record.kind === 'round') {
        counters.unwatchedProcesses = Number(record.familyFull);
        const records = Number(record.lostEvents) - counters.lostKernelEvents;
        if (records === 0) return;
        counters.lostKernelEvents += records;
        out.push({ kind: 'kernel', seen: times.seen(record.at), event: { kind: 'lost', records } });
      }
    },
  };
};
