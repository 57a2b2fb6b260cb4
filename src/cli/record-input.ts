import type { ResolvedConfig } from '../config/resolve.ts';
import type { Clock } from '../foundation/clock.ts';
import { systemTimers } from '../foundation/timers.ts';
import { hostOf } from '../host.ts';
import { createReplay } from '../source/replay.ts';
import type { Source } from '../source/source.ts';
import { captureWarning } from './capture-warning.ts';
import { openPlanned, planLive } from './live.ts';
import type { Log } from './messages.ts';

/** What is recorded: the sockets of this machine, or what another capture holds. */
export interface RecordInput {
  /** For the header of the capture: the endpoint of connections that do not name their own. */
  readonly socket: string;
  readonly note: string | null;
  /** Its secrets were overwritten before. */
  readonly redacted: boolean;
  /** The source in its place: not before there is a file to write to. */
  open(): Promise<OpenRecordInput>;
}

export interface OpenRecordInput {
  readonly source: Source;
  readonly name: string;
  readonly counters: object;
  /** What of it could not be read, once it has ended. */
  warning(): string | null;
  close(): Promise<void>;
}

export const liveInput = (resolved: ResolvedConfig, clock: Clock, log: Log): RecordInput => {
  const plan = planLive(resolved, 'refuse', log);
  return {
    socket: plan.runtime,
    note: null,
    redacted: false,
    async open() {
      const parts = { clock, timers: systemTimers(clock) };
      const source = await openPlanned(plan, hostOf(resolved.config).hostId, parts, log);
      const { mode: name, counters } = source;
      return { source, name, counters, warning: () => null, close: () => source.close() };
    },
  };
};

/** `-` is standard input. Rejects with a CaptureError. */
export const captureInput = async (file: string, clock: Clock): Promise<RecordInput> => {
  const source = await createReplay({ input: file, pace: null, clock });
  const { header, counters } = source;
  return {
    socket: header.socket,
    note: header.note,
    redacted: header.fields.redacted === true,
    open: async () => ({
      source,
      name: 'replay',
      counters,
      warning: () => captureWarning(counters),
      close: () => source.stop(),
    }),
  };
};
