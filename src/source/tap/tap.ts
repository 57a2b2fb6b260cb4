import { Socket } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import type { Clock } from '../../foundation/clock.ts';
import type { Timers } from '../../foundation/timers.ts';
import { type KernelProcess, readRecords } from '../../kernel/events.ts';
import type { NativeLibrary } from '../../kernel/native.ts';
import type { KernelPart, KernelProgram } from '../../kernel/program.ts';
import type { Peer, SourceEvent } from '../event.ts';
import { createProcesses, type Processes } from '../process.ts';
import type { Source } from '../source.ts';
import { createTapConnections } from './connections.ts';
import { TapError } from './error.ts';
import { createTapKernelEvents } from './kernel-events.ts';
import { createTapCounters, defaultTapLimits, type TapCounters, type TapLimits } from './limits.ts';
import { createTapTimes } from './times.ts';

/** What an operator may want to read in a log. */
export type TapNotice =
  | { readonly kind: 'watching'; readonly endpoint: string }
  /** There is no socket at the path: it is watched again when it is back. */
  | { readonly kind: 'endpoint_away'; readonly endpoint: string };

export interface TapOptions {
  /** What span ids are derived from: the host's id. */
  readonly identity: string;
  /** Sockets of runtimes, by any path that leads to them; they need not be there yet. */
  readonly endpoints: readonly string[];
  readonly clock: Clock;
  readonly timers: Timers;
  /** Kernel events to tell of besides the bytes of calls; none when not given. */
  readonly parts?: readonly KernelPart[];
  readonly native: Pick<NativeLibrary, 'openTap'>;
  readonly processes?: Processes;
  readonly limits?: TapLimits;
  readonly counters?: TapCounters;
  readonly notice?: (notice: TapNotice) => void;
}

/** Watches without being in the path: a slow reader loses bytes, each loss counted, and delays nobody. */
export interface TapSource extends Source {
  readonly mode: 'tap';
  /** What became of each program: what the kernel refused is not seen. */
  readonly programs: readonly KernelProgram[];
  readonly counters: TapCounters;
  /** Bytes that the kernel's ring holds before some are lost. */
  readonly bufferBytes: number;
  /** Detaches from the kernel. */
  close(): Promise<void>;
}

/** Not every round looks at all connections, and what one has seen is told by the next: so many after the word to stop. */
const lastRounds = 6;

/** Attached when it returns. Throws a TapError. */
export const createTap = (options: TapOptions): TapSource => {
  const { identity, endpoints, clock } = options;
  const limits = options.limits ?? defaultTapLimits;
  const parts = options.parts ?? [];
  const counters = options.counters ?? createTapCounters();
  const processes = options.processes ?? createProcesses();
  const opened = options.native.openTap({ endpoints, parts, ...limits });
  if (!opened.opened) throw new TapError(opened.why, opened.detail);
  const { tap } = opened;

  let stopping = false;
  let closed = false;
  let wake: () => void = () => undefined;

  const notice = (event: TapNotice): void => {
    try {
      options.notice?.(event);
    } catch {
      counters.noticesFailed += 1;
    }
  };

  /** The kernel says who it was; /proc, while the process lives, where it belongs. */
  const peerOf = (process: KernelProcess): Peer => {
    const { pid, uid, comm } = process;
    const pidStart = process.start === null ? null : processes.startOf(process.start);
    const living = pid === null || uid === null ? null : processes.peer({ pid, uid, gid: 0 });
    const same = living !== null && pidStart !== null && living.pidStart === pidStart;
    return { pid, pidStart, uid, comm, cgroup: same ? living.cgroup : null };
  };
  const times = createTapTimes(clock);
  const tellsWrites = opened.programs.some(({ part, state }) => part === 'writes' && state === 'attached');
  const connections = createTapConnections({ endpoints, peerOf, times, tellsWrites, limits, counters });
  const kernelEvents = createTapKernelEvents({ times, processes, counters });

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = options.timers.after(ms, resolve, true);
      wake = () => {
        cancel();
        resolve();
      };
    });

  /** The events of one drain, and how much the ring held, if with it the round is over. */
  const drain = (): { readonly events: SourceEvent[]; readonly ringBytes: number | null } => {
    const records = readRecords(tap.drain());
    times.look();
    const events: SourceEvent[] = [];
    let held: number | null = null;
    for (const record of records) {
      connections.take(record, events);
      kernelEvents.take(record, events);
      if (record.kind === 'endpoint') {
        const endpoint = endpoints[record.endpoint] ?? '';
        notice({ kind: record.watched ? 'watching' : 'endpoint_away', endpoint });
      } else if (record.kind === 'round') {
        held = Number(record.ringBytes);
        counters.ringBytes = held;
        counters.rounds += 1;
        counters.lostRecords = Number(record.lostRecords);
        counters.unwatched = Number(record.tableFull);
        counters.uncertainReads = Number(record.uncertain);
        counters.unplacedRefusals = Number(record.refusedFull);
      }
    }
    return { events, ringBytes: held };
  };

  /** A ring that fills is looked at before its time. */
  const descriptor = tap.alarm();
  const alarm = descriptor === null ? null : new Socket({ fd: descriptor, readable: true, writable: false });
  alarm?.on('data', () => wake());
  // Who does not hear of it looks when it is time.
  alarm?.on('error', () => undefined);
  alarm?.unref();

  async function* events(): AsyncGenerator<readonly SourceEvent[]> {
    let roundsLeft = lastRounds;
    let told = false;
    let paceMs = limits.paceMs;
    while (roundsLeft > 0 && !closed) {
      const drained = drain();
      if (drained.events.length > 0) yield drained.events;
      told ||= drained.events.length > 0;
      if (drained.ringBytes !== null && !stopping && !closed) {
        paceMs = told ? limits.paceMs : Math.max(limits.paceMs, Math.min(2 * paceMs, limits.quietPaceMs));
        told = false;
        await sleep(drained.ringBytes > limits.busyBytes ? limits.busyPaceMs : paceMs);
        continue;
      }
      // Others have their turn between two batches.
      await immediate();
      if (drained.ringBytes !== null) roundsLeft -= 1;
    }
  }

  return {
    identity,
    mode: 'tap',
    programs: opened.programs,
    counters,
    bufferBytes: limits.ringBytes,
    events,
    async stop() {
      stopping = true;
      wake();
    },
    async close() {
      closed = true;
      wake();
      alarm?.destroy();
      tap.close();
    },
  };
};
