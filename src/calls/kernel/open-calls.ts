import type { Nanos } from '../../foundation/time.ts';
import type { GrpcEvent } from '../../grpc/event.ts';
import type { Call } from '../call.ts';
import { changingCalls } from '../changing-calls.ts';
import { methodName } from '../method-name.ts';
import type { KernelCounters, KernelLimits } from './limits.ts';

/** Calls that make a runtime start processes, or write. */
const workingCalls: ReadonlySet<string> = new Set([
  ...changingCalls,
  'ExecSync',
  'Exec',
  'PullImage',
  'RemoveImage',
]);

export const isWorkingCall = (rpc: string | null): boolean => rpc !== null && workingCalls.has(rpc);

/** A call in flight, or ended and not yet without interest. */
export interface FollowedCall {
  readonly key: string;
  readonly startedAt: Nanos;
  endedAt: Nanos | null;
  /** What is known of it by now. */
  known: () => Call | null;
}

export interface OpenCalls {
  grpc(connection: number, event: GrpcEvent, snapshot: (stream: number) => Call | null, now: Nanos): void;
  /** The call was told. */
  told(call: Call): void;
  all(): readonly FollowedCall[];
  drop(connection: number, stream: number): void;
  /** The earliest start of those that are in flight or among `kept`. */
  forget(kept: ReadonlySet<string>): Nanos | null;
}

export const keyOf = ({ connection, stream }: Pick<Call, 'connection' | 'stream'>): string =>
  `${connection}/${stream}`;

export const createOpenCalls = (counters: KernelCounters, limits: KernelLimits): OpenCalls => {
  const calls = new Map<string, FollowedCall>();

  return {
    grpc(connection, event, snapshot, now) {
      if (event.kind === 'call_end') {
        if (calls.size === 0) return;
        const call = calls.get(keyOf({ connection, stream: event.stream }));
        if (call !== undefined) call.endedAt ??= event.result.end?.at ?? now;
        return;
      }
      if (event.kind !== 'call_start') return;
      const { path, stream, start } = event.head;
      // A call without a path may be any.
      if (typeof path === 'string' && !isWorkingCall(methodName(path).rpc)) return;
      if (calls.size >= limits.maxCalls) {
        counters.callsDropped += 1;
        return;
      }
      const key = keyOf({ connection, stream });
      const startedAt = start?.sentAt ?? start?.at ?? 0n;
      calls.set(key, { key, startedAt, endedAt: null, known: () => snapshot(stream) });
    },
    told(call) {
      const followed = calls.get(keyOf(call));
      if (followed === undefined) return;
      followed.endedAt = call.end;
      followed.known = () => call;
    },
    drop(connection, stream) {
      if (calls.size > 0) calls.delete(keyOf({ connection, stream }));
    },
    all: () => [...calls.values()],
    forget(kept) {
      let earliest: Nanos | null = null;
      const isWanted = ({ key, endedAt }: FollowedCall): boolean => endedAt === null || kept.has(key);
      for (const call of calls.values())
        if (isWanted(call) && (earliest === null || call.startedAt < earliest)) earliest = call.startedAt;
      for (const call of calls.values())
        if (!isWanted(call) && (earliest === null || (call.endedAt ?? 0n) < earliest)) calls.delete(call.key);
      return earliest;
    },
  };
};
